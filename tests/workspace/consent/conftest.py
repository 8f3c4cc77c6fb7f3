"""What the tests of consents find laid out: a house registered with a Microsoft."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from portal import config
from portal.config import Config
from tests import trip
from tests.relay import Relay, relay
from tests.sandbox.serving import Sandbox, serve


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    """Serve one sandbox for all these trips; nothing of one hinders the next."""
    with serve() as sandbox:
        yield sandbox


@pytest.fixture
def microsoft(served: Sandbox) -> Sandbox:
    """Hand out the sandbox without a fault."""
    served.clear()
    return served


@pytest.fixture
def registered(either_house: Config, microsoft: Sandbox) -> Sandbox:
    """Open a house that is registered and not connected."""
    move_in(either_house, microsoft.url)
    return microsoft


@pytest.fixture
def here(house: Config, microsoft: Sandbox) -> Sandbox:
    """As `registered`, on SQLite alone."""
    move_in(house, microsoft.url)
    return microsoft


@pytest.fixture
def between(house: Config, microsoft: Sandbox) -> Iterator[Relay]:
    """Register with somebody who changes what Microsoft says."""
    with relay(microsoft) as standing:
        move_in(house, standing.url)
        yield standing


def move_in(settings: Config, url: str) -> None:
    """Register where Microsoft is."""
    config.use(replace(settings, login_url=url, graph_url=url))
    trip.register()
