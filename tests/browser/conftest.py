"""What a browser looks at: pages served once for all tests, or a portal of its own."""

from collections.abc import Iterator

import pytest

from portal.config import Config
from tests import trip
from tests.browser.journeys.world import Portal, serving
from tests.trip import ANN
from tests.web import pages


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Serve the pages of `PAGES`."""
    with pages.served() as address:
        yield address


@pytest.fixture
def portal(house: Config) -> Iterator[Portal]:
    """Serve a portal that Ann connected, and in which nobody works."""
    with serving(house) as portal:
        trip.register(admin=ANN)
        trip.connect_as(portal.sandbox, ANN)
        yield portal
