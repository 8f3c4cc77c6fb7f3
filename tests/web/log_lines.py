"""Lines of Mail Server Logs, read off the page as somebody who looks at it does."""

import re
from dataclasses import dataclass
from html import unescape

from tests.web.browsing import Browser

LABEL = re.compile(r'<span class="unseen">([^<]+): </span>')
SETTING = re.compile(
    r'<th role="rowheader"[^>]*>(.*?)</th>\s*<td.*?>(.*?)</td>\s*<td.*?>(.*?)</td>',
    re.DOTALL,
)
SAME = "same"  # what stands under Now where nothing has changed


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One line: what each column says, and the settings that it opens to."""

    columns: dict[str, str]
    then: dict[str, str]
    changed: dict[str, str]  # what is otherwise now


def lines(browser: Browser, address: str = "/log") -> list[Shown]:
    """Return the lines of a page, the newest first."""
    return [
        _read(each) for each in browser.get(address).text.split('<li id="line-')[1:]
    ]


def _read(line: str) -> Shown:
    summary = line.partition("<summary>")[2].partition("</summary>")[0]
    _, *cells = LABEL.split(summary)
    settings = [[_words(each) for each in row] for row in SETTING.findall(line)]
    return Shown(
        columns={
            name: _words(said)
            for name, said in zip(cells[::2], cells[1::2], strict=True)
        },
        then={name: then for name, then, _ in settings},
        changed={name: now for name, _, now in settings if now != SAME},
    )


def _words(markup: str) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", markup).split()))
