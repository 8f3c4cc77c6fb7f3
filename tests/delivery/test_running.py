"""Nothing is ever restarted: a running worker goes by the settings of today."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from portal import db
from portal.accept import Caller
from portal.config import Config
from portal.intake import desk
from portal.mail import lanes
from portal.mail.message import Message
from portal.mail.outbox import State
from portal.workspace import accounts
from tests.delivery.steps import record
from tests.journeys.running import eventually
from tests.processes import Started, environ, started
from tests.sandbox.serving import Sandbox
from tests.trip import connect
from tests.workspace import grants

ADMIN = "admin@contoso.example"
REPORTS = "reports@contoso.example"
NOREPLY = "noreply@contoso.example"


@pytest.fixture
def worker(contoso: Config, sandbox: Sandbox) -> Iterator[Started]:
    """Run a worker in a process of its own; one message has gone out by it."""
    chosen = environ(contoso.instance) | {
        "PORTAL_LOGIN_URL": sandbox.url,
        "PORTAL_GRAPH_URL": sandbox.url,
    }
    with started(chosen, "worker") as running:
        assert sent() == State.SENT
        yield running
        assert running.process.poll() is None


def sent() -> State:
    """Have one message sent, or at least tried; return how it stands then."""
    brought = Message(to="jane@example.com", subject="Report", text="Well.")
    message = UUID(desk.take(brought, Caller(name="test")).id)
    eventually(lambda: record(message).state in (State.SENT, State.HELD))
    return record(message).state


def test_the_next_message_has_the_new_from(worker: Started, sandbox: Sandbox) -> None:
    grants.send_as(NOREPLY)

    assert sent() == State.SENT

    assert [mail["from"] for mail in sandbox.mails()] == [NOREPLY, ADMIN]


def test_the_next_message_leaves_by_the_new_connection(
    worker: Started, sandbox: Sandbox
) -> None:
    connect(sandbox, REPORTS, NOREPLY)

    assert sent() == State.SENT

    left = [(mail["mailbox"], mail["from"]) for mail in sandbox.mails()]
    assert left == [(REPORTS, NOREPLY), (ADMIN, ADMIN)]


def test_the_next_message_waits_when_the_settings_are_gone(
    worker: Started, sandbox: Sandbox
) -> None:
    with db.session() as session:
        lanes.close(session, accounts.find(session).id, "The settings were reset.")

    assert sent() == State.HELD

    assert len(sandbox.mails()) == 1
