"""What the tests of pages find laid out."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.pages import make_app


@pytest.fixture(scope="session")
def showing() -> Flask:
    """Set up one app for all; nothing in it changes."""
    return make_app()


@pytest.fixture
def client(showing: Flask) -> FlaskClient:
    """Ask for the pages of `PAGES`."""
    return showing.test_client()
