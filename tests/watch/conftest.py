"""What the tests of the watch find laid out: a mailbox that is connected and idle."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from portal import config
from portal.config import Config
from tests import trip
from tests.relay import Relay, relay
from tests.sandbox.serving import Sandbox
from tests.workspace.consent.watching import walk


@pytest.fixture
def between(house: Config, sandbox: Sandbox) -> Iterator[Relay]:
    """Connect the default account by somebody who counts what Microsoft is asked."""
    with relay(sandbox) as standing:
        url = standing.url
        config.use(replace(house, login_url=url, graph_url=url))
        trip.register()
        trip.arrive(walk(sandbox, trip.depart(trip.invite()), trip.ANN))
        standing.paths.clear()
        yield standing
