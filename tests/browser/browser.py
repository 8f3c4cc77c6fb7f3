"""A Chromium that reaches nothing but this machine."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, sync_playwright

# The shell is Chromium without what nobody sees: it takes less than half the work.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
WIDTH, HEIGHT = 1280, 800  # CSS pixels of a window
FLAGS = (
    "--no-sandbox",  # tests may run as root
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--renderer-process-limit=1",  # none is started to be at hand
    # No other host has an address, whoever asks: page, popup or the browser itself.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


@contextmanager
def launched() -> Iterator[Browser]:
    """Start the machine's own Chromium, or the one playwright installed."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=[*FLAGS])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(
    browser: Browser, scheme: str, width: int = WIDTH
) -> Iterator[BrowserContext]:
    """Open a window: scheme is `light` or `dark`, width in CSS pixels."""
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": HEIGHT},
        locale="en-US",
        reduced_motion="reduce",
    )
    try:
        yield context
    finally:
        context.close()
