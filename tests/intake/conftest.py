"""What stands at the doors: an application, and the key it knocks with."""

import pytest
from flask.testing import FlaskClient

from portal import db
from portal.app import create_app
from portal.config import Config
from portal.workspace.people import keys


@pytest.fixture
def knock(house: Config) -> FlaskClient:
    """Stand at the HTTP door of an empty house, with a key."""
    client = create_app(house).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = bearer("Ben's app")
    return client


def bearer(name: str) -> str:
    """Make a key and return the header that shows it."""
    with db.session() as session:
        return f"Bearer {keys.create(session, name)}"
