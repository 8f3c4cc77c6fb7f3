"""Make a picture of every page: python -m tests.browser.shots DIRECTORY [NAME…]."""

import sys
from pathlib import Path

from tests.browser.browser import launched, opened
from tests.web.pages import PAGES, served

LOOKS = {"light": ("light", 1280), "dark": ("dark", 1280), "phone": ("light", 390)}


def main(directory: str, *names: str) -> None:
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    with served() as address, launched() as browser:
        for look, (scheme, width) in LOOKS.items():
            with opened(browser, scheme, width) as window:
                page = window.new_page()
                for name in names or PAGES:
                    page.goto(f"{address}/pages/{name}")
                    page.screenshot(path=folder / f"{name}-{look}.png", full_page=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
