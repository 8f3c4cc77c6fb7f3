"""What a browser looks at: pages served once for all tests, or a portal of its own."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from portal import config
from portal.app import create_app
from portal.config import Config
from tests import trip
from tests.browser.journeys.world import Portal
from tests.sandbox.serving import serve
from tests.serving import listen, served
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
    listener = listen()
    base = f"http://localhost:{listener.getsockname()[1]}"
    with serve(redirect_uris=[f"{base}/callback"]) as microsoft:
        at = microsoft.url
        config.use(replace(house, base_url=base, login_url=at, graph_url=at))
        trip.register(admin=ANN)
        trip.connect_as(microsoft, ANN)
        with served(create_app(config.current()), listener):
            yield Portal(base, microsoft, house.instance, "")
