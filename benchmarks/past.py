"""The past: as many messages as are asked for, sent before, with their journal.

The first is written down, and the database copies it: a million of them take a minute.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Insert,
    MetaData,
    String,
    Table,
    Uuid,
    cast,
    insert,
    literal,
    select,
    text,
    true,
    union_all,
)
from sqlalchemy.orm import Session

from portal import clock, db
from portal.mail import lanes
from portal.mail.journal import Event, JournalRow
from portal.mail.outbox import MessageRow, State
from portal.workspace import accounts

STORY = (Event.ACCEPTED, Event.SENDING, Event.SENT)
BATCH = 10_000


def remember(count: int) -> None:
    """Fill the tables as if so many messages had been sent."""
    account = _route()
    with db.session() as session:
        _write_first(session, account)
        others = _ids(session, count - 1)
        session.execute(_copies(others))
        others.drop(session.connection())
        session.execute(_journal())
    with db.session() as session:
        session.execute(text("ANALYZE"))  # as both do by themselves in time


def _route() -> UUID:
    with db.session() as session:
        account = accounts.find(session).id
        lanes.route(session, account, "tenant/mailbox", 4)
    return account


def _write_first(session: Session, account: UUID) -> None:
    now, message = clock.now(), db.new_id()
    sent = {
        "id": message,
        "account_id": account,
        "state": State.SENT,
        "reason": "",
        "priority": 1,
        "accepted_at": now,
        "finished_at": now,
        "sender": "",
        "to": ["jane@example.com"],
        "cc": [],
        "bcc": [],
        "recipients": 1,
        "subject": "Report",
        "size": 3_000,
        "internet_message_id": f"<{message}@contoso.example>",
        "tags": [],
        "attempts": 1,
    }
    session.execute(insert(MessageRow).values(sent))


def _ids(session: Session, count: int) -> Table:
    """Keep so many new ids in a table that nobody else sees."""
    table = Table(
        "past", MetaData(), Column("id", Uuid, primary_key=True), prefixes=["TEMPORARY"]
    )
    table.create(session.connection())
    for begin in range(0, count, BATCH):
        some = range(min(BATCH, count - begin))
        session.execute(insert(table), [{"id": db.new_id()} for _ in some])
    return table


def _copies(ids: Table) -> Insert:
    """Copy the only message for each id."""
    name = literal("<") + cast(ids.c.id, String) + "@contoso.example>"
    columns: dict[str, Any] = {each.name: each for each in MessageRow.__table__.c}
    columns |= {"id": ids.c.id, "internet_message_id": name}
    copies = select(*columns.values()).join_from(MessageRow, ids, true())
    return insert(MessageRow).from_select([*columns], copies)


def _journal() -> Insert:
    """Tell of each message what happened to it."""
    names = (select(literal(each).label("name")) for each in STORY)
    events = union_all(*names).subquery()
    columns = {
        "at": MessageRow.accepted_at,
        "event": events.c.name,
        "message_id": MessageRow.id,
        "account_id": MessageRow.account_id,
        "attempt": MessageRow.attempts,
        "reason": MessageRow.reason,
        "detail": literal({}, JournalRow.detail.type),
    }
    lines = select(*columns.values()).join_from(MessageRow, events, true())
    return insert(JournalRow).from_select([*columns], lines)
