"""What the tests of bad days find laid out: one Microsoft, and somebody before it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from portal import config
from portal.app import create_app
from portal.config import Config
from tests import trip
from tests.relay import Relay, relay
from tests.sandbox.serving import Sandbox, serve
from tests.web.browsing import Browser


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    """Serve one sandbox for a file; nothing of one test hinders the next."""
    with serve() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(served: Sandbox) -> Sandbox:
    """Hand it out without a fault."""
    served.clear()
    return served


@pytest.fixture
def between(sandbox: Sandbox) -> Iterator[Relay]:
    """Stand between the portal and Microsoft."""
    with relay(sandbox) as standing:
        yield standing


@pytest.fixture
def portal(house: Config, between: Relay) -> Flask:
    """Open a portal that reaches Microsoft through somebody else."""
    return move_in(house, between)


@pytest.fixture
def either_portal(either_house: Config, between: Relay) -> Flask:
    """As `portal`, on SQLite, then on PostgreSQL."""
    return move_in(either_house, between)


@pytest.fixture
def either_ann(either_portal: Flask, sandbox: Sandbox) -> Browser:
    """Open a browser in which the admin is signed in, on either database."""
    browser = Browser(either_portal, sandbox)
    assert browser.sign_in().headers["Location"] == "/settings"
    return browser


def move_in(settings: Config, between: Relay) -> Flask:
    chosen = replace(settings, login_url=between.url, graph_url=between.url)
    config.use(chosen)
    trip.register(admin=trip.ANN)
    return create_app(chosen)
