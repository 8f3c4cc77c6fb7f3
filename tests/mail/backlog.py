"""Messages in an outbox, as a test puts them there and finds them again."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.orm import Session

from portal import db
from portal.mail import journal, lanes, outbox
from portal.mail.journal import Event, Line
from portal.mail.outbox import (
    Claim,
    Entry,
    MessageRow,
    Priority,
    State,
    claims,
    decisions,
    endings,
    expiry,
    records,
    vanished,
)
from portal.mail.outbox.records import Record
from portal.workspace import accounts

LANE = "tenant/mailbox"


def account() -> UUID:
    """Return the default account's id."""
    with db.reading() as session:
        return accounts.find(session).id


def open_lane(account_id: UUID, in_flight: int = 100, key: str = LANE) -> None:
    """Let an account feed a lane, and send."""
    with db.session() as session:
        lanes.route(session, account_id, key, in_flight)
        lanes.release(session, account_id)


def put(
    account_id: UUID,
    *,
    priority: Priority = Priority.NORMAL,
    expires_at: datetime | None = None,
) -> UUID:
    """Put a message; return its id."""
    entry = Entry(
        id=db.new_id(),
        account_id=account_id,
        key_id=None,
        sender="",
        to=("cleo@fabrikam.example",),
        cc=(),
        bcc=("hidden@fabrikam.example",),
        subject="Grüße",
        size=1,
        internet_message_id="<1@contoso.example>",
        priority=priority,
        expires_at=expires_at,
    )
    with db.session() as session:
        outbox.put(session, entry)
    return entry.id


def take(wanted: int = 100, worker: str = "w1") -> list[Claim]:
    """Claim as a worker does."""
    with db.session() as session:
        return claims.take(session, worker, wanted)


def taken(wanted: int = 100) -> list[UUID]:
    """Claim, and return which messages."""
    return [claim.message_id for claim in take(wanted)]


def record(message_id: UUID) -> Record:
    """Return what can be told of a message."""
    with db.reading() as session:
        return records.find(session, message_id)


def state(message_id: UUID) -> State:
    """Return the state as it is shown."""
    return record(message_id).state


def events(message_id: UUID) -> list[Event]:
    """Return what has happened to a message."""
    with db.reading() as session:
        return [line.event for line in journal.story(session, message_id)]


def settle(claim: Claim, to: State = State.SENT, event: Event = Event.SENT) -> None:
    """End a claim."""
    with db.session() as session:
        endings.settle(session, claim, to, Line(event=event, reason="So it is."))


def postpone(claim: Claim, again_at: datetime | None = None) -> None:
    """Give a claim back."""
    line = Line(event=Event.DEFERRED, reason="Later.", again_at=again_at)
    with db.session() as session:
        endings.postpone(session, claim, line)


def resume(claim: Claim, again_at: datetime | None = None) -> None:
    """End the doubt of a claim."""
    line = Line(event=Event.DEFERRED, reason="Not sent.", again_at=again_at)
    with db.session() as session:
        endings.resume(session, claim, line)


def repeat(claim: Claim) -> None:
    """Send it again because the account is told to."""
    with db.session() as session:
        endings.repeat(session, claim, Line(event=Event.REPEATED, reason="By policy."))


def prepare(claim: Claim, draft_id: str = "") -> None:
    """Say that nothing is sent yet."""
    with db.session() as session:
        claims.prepare(session, claim, draft_id)


def begin(claim: Claim) -> None:
    """Say that sending begins."""
    with db.session() as session:
        claims.begin(session, claim)


def supersede(session: Session, message_id: UUID, by: str) -> None:
    """Note that a copy goes instead, as whoever puts the copy does."""
    decisions.supersede(session, message_id, db.new_id(), by)


def doubt(claim: Claim) -> None:
    """Say that an answer was lost."""
    with db.session() as session:
        endings.doubt(session, claim, Line(event=Event.DOUBTED, reason="Lost."))


def hold(account_id: UUID, reason: str = "The mailbox is full.") -> bool:
    """Hold an account."""
    with db.session() as session:
        return lanes.hold(session, account_id, lanes.Hold(reason=reason))


def recover() -> int:
    """Have looked up what vanished workers left."""
    with db.session() as session:
        return vanished.recover(session)


def expire() -> int:
    """Settle what is out of time."""
    with db.session() as session:
        return len(expiry.expire(session))


def outlive() -> int:
    """Settle what was tried for as long as a message may be."""
    with db.session() as session:
        return len(expiry.outlive(session))


def row(message_id: UUID) -> dict[str, Any]:
    """Return everything that is kept of a message."""
    with db.reading() as session:
        found = session.get_one(MessageRow, message_id)
        names = [column.key for column in MessageRow.__table__.columns]
        return {name: getattr(found, name) for name in names}


def change(message_id: UUID, **values: object) -> None:
    """Change what is kept of a message."""
    with db.session() as session:
        row = session.get_one(MessageRow, message_id)
        for name, value in values.items():
            setattr(row, name, value)


@contextmanager
def spoken() -> Iterator[list[tuple[str, Any]]]:
    """Listen to what is said to the database."""
    said: list[tuple[str, Any]] = []

    def listen(*arguments: Any) -> None:
        said.append((arguments[2], arguments[3]))

    event.listen(db.engine(), "before_cursor_execute", listen)
    yield said
    event.remove(db.engine(), "before_cursor_execute", listen)


def plans(said: list[tuple[str, Any]], table: str = "message") -> list[str]:
    """Return how SQLite means to find what it was asked for of a table; of any: ""."""
    with db.engine().connect() as connection:
        return [
            str(step[3])
            for statement, values in said
            if f"FROM {table}" in statement or statement.startswith(f"UPDATE {table}")
            for step in connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", values
            )
        ]
