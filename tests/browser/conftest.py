"""The pages a browser looks at, served once for all tests."""

from collections.abc import Iterator

import pytest

from tests.web.pages import served


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Serve the pages of `PAGES`."""
    with served() as address:
        yield address
