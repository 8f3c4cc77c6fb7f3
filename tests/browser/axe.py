"""Ask axe-core what is wrong with a page for those who see, hear or point otherwise.

axe-core 4.14.1 lies here as it came (npm axe-core@4.14.1, MPL-2.0); only tests use it.
"""

from pathlib import Path

from playwright.sync_api import Page

SCRIPT = (Path(__file__).parent / "axe-core-4.14.1" / "axe.min.js").read_text()

# What the colours decide; all else of a page is the same in the light and in the dark.
LOOKS = ("color-contrast", "link-in-text-block")


def faults(page: Page, *rules: str) -> list[str]:
    """List each rule that is broken, and by which element; of all rules or of these."""
    options: dict[str, list[str]] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = [*rules]
    if not page.evaluate("'axe' in window"):
        page.evaluate(SCRIPT)
    found = page.evaluate("options => axe.run(options)", options)
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]
