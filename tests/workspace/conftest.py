"""What the tests of tokens find laid out: a token endpoint that obeys."""

from collections.abc import Iterator

import pytest

from portal.config import Config
from tests.microsoft.scripted import Server, serve
from tests.workspace import grants


@pytest.fixture
def server(either_house: Config) -> Iterator[Server]:
    """Serve a token endpoint that answers what it is told, and register there."""
    with serve() as server:
        grants.redirect_to(server.url)
        grants.register()
        yield server
