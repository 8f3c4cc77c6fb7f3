"""An account by SMTP, and messages that it sends, in these tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from portal import clock, db
from portal.accept import Caller
from portal.delivery.smtp import Smtp
from portal.delivery.worker import Worker
from portal.intake import desk
from portal.mail import journal, lanes
from portal.mail.journal import Line
from portal.mail.lanes import FeedRow, Hold, LaneRow
from portal.mail.message import Message
from portal.mail.outbox import MessageRow
from portal.workspace import accounts
from portal.workspace.accounts import Account
from portal.workspace.accounts.servers import Server

NAME = "relay"
REPORTS = "reports@contoso.example"
JANE = "jane@example.com"
JOE = "joe@example.com"


def add(server: Server, *given: str, name: str = NAME) -> Account:
    """Add an account that sends by this server."""
    senders = list(given) or [REPORTS]
    with db.session() as session:
        return accounts.add_smtp(session, name, senders, server, by="operator")


def put(**fields: Any) -> UUID:
    """Accept a message; return its id."""
    whole = {"to": JANE, "subject": "Bill", "text": "Well.", "account": NAME} | fields
    return UUID(desk.take(Message(**whole), Caller(name="test")).id)


@contextmanager
def transport(patience: float = 20, **seconds: float) -> Iterator[Smtp]:
    """Hand out a transport, and close what it leaves open."""
    smtp = Smtp(patience, **seconds)
    try:
        yield smtp
    finally:
        smtp.connections.close()


def work() -> None:
    """Send what is due now, but not again what then waits for a moment only."""
    with transport() as smtp:
        for _ in range(max(1, _due())):  # what vanished workers left counts as one
            Worker({"smtp": smtp}).work_once()


def _due() -> int:
    now = clock.now()
    due = or_(MessageRow.due_at <= now, MessageRow.look_at <= now)
    with db.reading() as session:
        return session.scalar(select(func.count()).where(due)) or 0


def send(server: Server, **fields: Any) -> UUID:
    """Send one message by a new account as far as it gets; return its id."""
    add(server)
    message = put(**fields)
    work()
    return message


def last(message: UUID) -> Line:
    """Return what the journal told last of a message."""
    with db.reading() as session:
        return journal.story(session, message)[-1]


def hold() -> Hold | None:
    with db.reading() as session:
        return lanes.holding(session, accounts.find(session, NAME).id)


def lane() -> LaneRow:
    with db.reading() as session:
        feed = session.get_one(FeedRow, accounts.find(session, NAME).id)
        found = session.get_one(LaneRow, feed.lane_id)
        session.expunge(found)
    return found


def parts(message: UUID) -> list[MessageRow]:
    """Return the messages that took over recipients of this one."""
    with db.reading() as session:
        here = select(MessageRow).where(MessageRow.part_of == message)
        found = list(session.scalars(here))
        session.expunge_all()
    return found
