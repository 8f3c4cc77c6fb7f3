"""What the tests of delivery find laid out: a message that waits for a worker."""

from uuid import UUID

import pytest

from portal import config, db
from portal.accept import Caller
from portal.config import Config
from portal.intake import desk
from portal.mail import lanes
from portal.mail.message import Message
from portal.workspace import accounts
from tests.delivery.drafting import ADMIN, NOREPLY
from tests.sandbox.serving import Sandbox
from tests.trip import connect_large
from tests.workspace import grants


@pytest.fixture
def open_lane(house: Config) -> UUID:
    """Let the default account send as reports@contoso.example; return its id."""
    with db.reading() as session:
        account = accounts.find(session)
    grants.send_as("reports@contoso.example")
    with db.session() as session:
        lanes.route(session, account.id, "tid/oid", config.current().requests_in_flight)
    return account.id


@pytest.fixture
def message(open_lane: UUID) -> UUID:
    """Accept one message; return its id."""
    brought = Message(to="jane@example.com", subject="Report", text="All is well.")
    return UUID(desk.take(brought, Caller(name="test")).id)


@pytest.fixture
def drafting(house: Config, sandbox: Sandbox) -> Sandbox:
    """Connect as admin@ with large file attachments, to send as noreply@."""
    connect_large(house, sandbox, ADMIN, NOREPLY)
    return sandbox
