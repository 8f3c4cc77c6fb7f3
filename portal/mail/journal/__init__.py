"""The story of every message: one line for each thing that happened to it.

A line is written in the transaction that changes the state, or not at all. Pages call
the journal the mail log.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Index,
    Integer,
    literal_column,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, db, explanations
from portal.errors import WORDS_LIMIT, Answer, Withheld
from portal.explanations import Told
from portal.mail.journal import aloud

NO_OLDER_RUNS = literal_column(
    "age(journal.xmin) > age(pg_snapshot_xmin(pg_current_snapshot())::xid)", Boolean
)
# What the log shows unless it is asked for more: problems and decisions.
TOLD = text("event NOT IN ('accepted', 'sending', 'sent')")
EXPLAINED = text("topic <> ''")
ASKED = text("request_id <> ''")


class Event(StrEnum):
    """What a line tells."""

    ACCEPTED = "accepted"  # a door took it, durably
    SENDING = "sending"  # a worker claimed it
    SENT = "sent"  # Microsoft or the SMTP server accepted it
    DEFERRED = "deferred"  # surely not accepted; goes again by itself
    DIVERTED = "diverted"  # leaves by its account's fallback
    PARTED = "parted"  # some recipients wait for a message of their own
    HELD = "held"  # a human must act first
    RESUMED = "resumed"  # a human sent on what was held
    CANCELLED = "cancelled"  # a human wanted it no more
    ARRIVED = "arrived"  # a human found that it had been sent
    RESENT = "resent"  # a human had a copy sent instead
    REPEATED = "repeated"  # goes again although it may have arrived, by policy
    DOUBTED = "doubted"  # the answer was lost; it is being looked up
    UNCONFIRMED = "unconfirmed"  # it could not be found out
    FAILED = "failed"  # refused for good
    EXPIRED = "expired"  # its time was over before it could be sent
    ACCOUNT_HELD = "account held"  # what one message met would hit the next too
    ACCOUNT_RELEASED = "account released"
    CONNECTED = "connected"  # an account got a connection


# What goes as it should.
SMOOTH = frozenset({Event.ACCEPTED, Event.SENDING, Event.SENT})


class JournalRow(db.Table):
    """One line; never changed."""

    __tablename__ = "journal"
    __table_args__ = (
        Index("ix_journal_message_id", "message_id", "id"),
        # What goes as it should costs nothing but its request-id.
        Index("ix_journal_told", "id", **db.only(TOLD)),
        Index("ix_journal_event", "event", "id", **db.only(TOLD)),
        Index("ix_journal_account_id", "account_id", "id", **db.only(TOLD)),
        Index("ix_journal_topic", "topic", "id", **db.only(EXPLAINED)),
        Index("ix_journal_request_id", "request_id", **db.only(ASKED)),
    )

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True
    )
    at: Mapped[datetime]
    event: Mapped[str]
    message_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    attempt: Mapped[int]
    reason: Mapped[str]
    cause: Mapped[str] = mapped_column(server_default="", default="")
    topic: Mapped[str] = mapped_column(server_default="", default="")
    # What the other side said, as far as somebody may look for it.
    status: Mapped[int | None]
    code: Mapped[str] = mapped_column(server_default="", default="")
    request_id: Mapped[str] = mapped_column(server_default="", default="")
    detail: Mapped[dict[str, Any]]
    snapshot: Mapped[str | None]  # of the settings that the attempt was made with


@dataclass(frozen=True, kw_only=True)
class Line:
    """What to write, or what was written."""

    event: Event
    message_id: UUID | None = None
    account_id: UUID | None = None
    attempt: int = 0
    reason: str = ""  # a sentence for a person
    cause: str = ""  # the name of its explanation; see `portal.explanations`
    answer: Answer | None = None  # what the other side said
    took: timedelta | None = None  # how long the attempt was on its way
    again_at: datetime | None = None  # when it goes again by itself
    alone: bool = False  # the message is held, and its account is not
    snapshot: str = ""  # of the settings in force; "" where nothing was tried
    at: datetime | None = None  # set by `write`

    @property
    def why(self) -> dict[str, str]:
        """What the message keeps of it until the next line."""
        return {"reason": self.reason, "cause": self.cause}

    @property
    def explained(self) -> Told:
        """Explain it; what a human could give fails for good in a trial alone."""
        row = explanations.find(self.cause)
        told = explanations.tell(self.reason, self.cause)
        told = told.alone() if self.alone else told
        lacks = row is not None and issubclass(row.kind, Withheld)
        return told.of_trial() if lacks and self.event == Event.FAILED else told


def write(session: Session, line: Line) -> None:
    """Add a line to the story."""
    about = {
        "message_id": line.message_id,
        "account_id": line.account_id,
        "attempt": line.attempt,
    }
    written = about | told(line)
    session.add(JournalRow(at=clock.now(), **written))
    aloud.say(session, level(line), written)


def told(line: Line) -> dict[str, Any]:
    """Return what a line says of whomever it is written about, by column."""
    said = line.answer or Answer()
    return {
        "event": line.event.value,
        "reason": line.reason,
        "cause": line.cause,
        "topic": explanations.topic(line.cause),
        "status": said.status,
        "code": said.code,
        "request_id": said.request_id,
        "detail": _detail(line),
        "snapshot": line.snapshot or None,
    }


def level(line: Line) -> int:
    """Return how loud a line is in the log of the process."""
    return logging.INFO if line.event in SMOOTH else logging.WARNING


def story(session: Session, message_id: UUID) -> list[Line]:
    """Return all lines of one message, oldest first."""
    rows = session.scalars(
        select(JournalRow)
        .where(JournalRow.message_id == message_id)
        .order_by(JournalRow.id)
    )
    return [read(row) for row in rows]


def last(session: Session, account_id: UUID, event: Event) -> Line | None:
    """Return the newest line of this kind about an account."""
    row = session.scalars(
        select(JournalRow)
        .where(JournalRow.account_id == account_id, JournalRow.event == event, TOLD)
        .order_by(JournalRow.id.desc())
        .limit(1)
    ).first()
    return read(row) if row else None


def after(session: Session, cursor: int, limit: int) -> list[tuple[int, Line]]:
    """Return the next lines behind a cursor, oldest first, each with its own."""
    rows = session.scalars(
        select(JournalRow)
        .where(JournalRow.id > cursor, settled())
        .order_by(JournalRow.id)
        .limit(limit)
    )
    return [(row.id, read(row)) for row in rows]


def between(
    session: Session, cursor: int, last: int | None = None, limit: int = 100
) -> list[tuple[int, Line]]:
    """Return the next lines behind a cursor that can be seen, up to a last one.

    Oldest first, each with its cursor; another may still appear before one of them.
    """
    behind = select(JournalRow).where(JournalRow.id > cursor)
    if last is not None:
        behind = behind.where(JournalRow.id <= last)
    rows = session.scalars(behind.order_by(JournalRow.id).limit(limit))
    return [(row.id, read(row)) for row in rows]


def latest(session: Session, limit: int) -> list[tuple[int, Line]]:
    """Return the newest lines, oldest first, each with its cursor."""
    rows = session.scalars(
        select(JournalRow).where(settled()).order_by(JournalRow.id.desc()).limit(limit)
    )
    return [(row.id, read(row)) for row in reversed(rows.all())]


def settled() -> ColumnElement[bool]:
    """Leave out lines before which another may still appear.

    PostgreSQL counts ids before it commits, so a transaction that is still open may
    hold a lower one, and whoever read on from a cursor would never see it.
    """
    if db.local():
        return true()
    # Transactions here are short; and what is old may not be compared by age, because
    # PostgreSQL's transaction ids begin again after four thousand million.
    old = JournalRow.at < clock.now() - timedelta(hours=1)
    return or_(old, NO_OLDER_RUNS)


def _detail(line: Line) -> dict[str, Any]:
    detail: dict[str, Any] = {}
    if line.answer and line.answer.text:
        detail["text"] = line.answer.text[:WORDS_LIMIT]
    if line.answer and line.answer.milliseconds:
        detail["answered"] = line.answer.milliseconds
    if line.took is not None:
        detail["milliseconds"] = round(line.took / timedelta(milliseconds=1))
    if line.again_at:
        detail["again_at"] = line.again_at.isoformat()
    if line.alone:
        detail["alone"] = True
    return detail


def read(row: JournalRow) -> Line:
    """Return what was written."""
    detail = row.detail
    took, again = detail.get("milliseconds"), detail.get("again_at")
    said = Answer(
        status=row.status,
        code=row.code,
        text=detail.get("text", ""),
        request_id=row.request_id,
        milliseconds=detail.get("answered", 0),
    )
    return Line(
        event=Event(row.event),
        message_id=row.message_id,
        account_id=row.account_id,
        attempt=row.attempt,
        reason=row.reason,
        cause=row.cause,
        answer=said if said != Answer() else None,
        took=None if took is None else timedelta(milliseconds=took),
        again_at=None if again is None else datetime.fromisoformat(again),
        snapshot=row.snapshot or "",
        at=row.at,
        alone=detail.get("alone", False),
    )
