"""What the tests of pages find laid out."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import config, db, vault
from portal.app import create_app
from tests.web.pages import make_app


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
