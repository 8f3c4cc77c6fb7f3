"""What the tests of pages find laid out."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import config, db, vault
from portal.app import create_app
from portal.config import Config
from tests import trip
from tests.sandbox.serving import Sandbox
from tests.web.browsing import Browser
from tests.web.pages import make_app
from tests.web.posting import put


@pytest.fixture(scope="session")
def showing() -> Flask:
    """Set up one app for all; nothing in it changes."""
    return make_app()


@pytest.fixture
def client(showing: Flask) -> FlaskClient:
    """Ask for the pages of `PAGES`."""
    return showing.test_client()


@pytest.fixture
def visitor(tmp_path: Path) -> Iterator[FlaskClient]:
    """Visit a portal that was started for the first time."""
    environ = {
        "PORTAL_INSTANCE": str(tmp_path),
        "PORTAL_BASE_URL": "http://localhost",
    }
    yield create_app(config.read(environ)).test_client()
    vault.lock()
    db.disconnect()


@pytest.fixture
def portal(house: Config, sandbox: Sandbox) -> Flask:
    """Open a portal that is registered with the sandbox; Ann is its admin."""
    chosen = replace(house, login_url=sandbox.url, graph_url=sandbox.url)
    config.use(chosen)
    trip.register(admin=trip.ANN)
    return create_app(chosen)


@pytest.fixture
def anybody(portal: Flask, sandbox: Sandbox) -> Browser:
    """Open a browser in which nobody is signed in."""
    return Browser(portal, sandbox)


@pytest.fixture
def ann(portal: Flask, sandbox: Sandbox) -> Browser:
    """Open a browser in which the admin is signed in."""
    browser = Browser(portal, sandbox)
    assert browser.sign_in().headers["Location"] == "/settings"
    return browser


@pytest.fixture
def sender(ann: Browser) -> Browser:
    """Sign Ann in at a portal that sends as herself."""
    ann.enable(trip.ANN)
    return ann


@pytest.fixture
def message(sender: Browser) -> UUID:
    """Put a message that waits."""
    return put()


@pytest.fixture
def scraper(house: Config) -> FlaskClient:
    """Ask as a Prometheus on this machine does."""
    return create_app(house).test_client()
