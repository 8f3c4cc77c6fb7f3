"""The steps of these tests: to go a round, to break something, and to look."""

import json
from uuid import UUID

from portal import db
from portal.accept import Caller
from portal.intake import desk
from portal.mail import journal, lanes
from portal.mail.journal import Event
from portal.mail.lanes import Hold
from portal.mail.message import Attachment, Message
from portal.watch import renewal
from portal.workspace import connections
from portal.workspace.connections import Connection, ConnectionRow
from tests.mail import backlog
from tests.relay import Relay
from tests.workspace import grants

NOBODY = "postgresql+psycopg://nobody@127.0.0.1:9/nothing"  # the discard port


def go_round() -> None:
    for connection in renewal.due():
        renewal.renew(connection)


def connection() -> Connection:
    """Return the connection in use."""
    with db.reading() as session:
        found = connections.find(session, backlog.account())
    assert found is not None
    return found


def row() -> ConnectionRow:
    """Return everything that is kept of it."""
    return grants.row(connection().id)


def refresh_token() -> str:
    return connections.unseal(row(), "refresh")


def held() -> str:
    """Return why the account is held; "" if it is not."""
    found = hold()
    return found.reason if found else ""


def hold() -> Hold | None:
    with db.reading() as session:
        return lanes.holding(session, backlog.account())


def told() -> list[Event]:
    """Return what the journal tells of the account itself, since it is connected."""
    with db.reading() as session:
        lines = journal.latest(session, 100)
    events = [line.event for _, line in lines if line.message_id is None]
    return events[events.index(Event.CONNECTED) + 1 :]


def renewals(between: Relay) -> int:
    """Count how often Microsoft was asked for a token."""
    return sum(path.endswith("/token") for path in between.paths)


def sent(content: bytes = b"Well.") -> UUID:
    """Accept a message with a file, and see it sent."""
    backlog.open_lane(backlog.account())
    files = [Attachment(content, name="a.bin")]
    brought = Message(to="jane@example.com", attachments=files)
    message = UUID(desk.take(brought, Caller(name="test")).id)
    [claim] = backlog.take()
    backlog.settle(claim)
    return message


def refuse(between: Relay, error: str, *numbers: int) -> None:
    """Let Microsoft refuse every token with this error; with "" it refuses none."""
    if not error:
        return
    answer = {"error": error, "error_codes": numbers, "error_description": "x"}
    between.instead["token"] = 400, json.dumps(answer).encode()
