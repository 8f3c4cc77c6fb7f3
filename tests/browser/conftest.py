"""A browser and the pages it looks at, made once for all tests."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.browser import launched
from tests.web.pages import served


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium."""
    with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Serve the pages of `PAGES`."""
    with served() as address:
        yield address
