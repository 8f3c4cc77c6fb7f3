"""The outbox: every message that was accepted, and what became of it.

A worker claims a message by changing its row, so two workers cannot take the same one.
A claim is a lease: what a vanished worker may have sent is looked up, never simply sent
again. A message waits for a worker as long as `due_at` says when, or `look_at` if it is
doubted; each change of state writes its journal line in the same transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Index,
    false,
    func,
    select,
    text,
    true,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, db
from portal.errors import PortalError
from portal.mail import journal
from portal.mail.journal import Event, Line

# When an unsure message is looked up, counted from the doubt and from each look.
LOOKS = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 300, 900))
INSTANT = timedelta(milliseconds=1)

BOTH = ("sqlite_where", "postgresql_where")
WAITING: dict[str, Any] = dict.fromkeys(BOTH, text("due_at IS NOT NULL"))
LOOKING: dict[str, Any] = dict.fromkeys(BOTH, text("look_at IS NOT NULL"))
LEASED: dict[str, Any] = dict.fromkeys(BOTH, text("claim IS NOT NULL"))
STUCK = text("state IN ('held', 'unconfirmed')")
STUCK_ONES: dict[str, Any] = dict.fromkeys(BOTH, STUCK)
UNSENT = text("state IN ('queued', 'held')")
EXPIRING: dict[str, Any] = dict.fromkeys(
    BOTH, text("expires_at IS NOT NULL AND state IN ('queued', 'held')")
)
OVERDUE: dict[str, Any] = dict.fromkeys(BOTH, text("overdue_at IS NOT NULL"))
KEPT = text("finished_at IS NOT NULL AND kept")
KEPT_ONES: dict[str, Any] = dict.fromkeys(BOTH, KEPT)
ERASED = text("finished_at IS NOT NULL AND NOT kept")
ERASED_ONES: dict[str, Any] = dict.fromkeys(BOTH, ERASED)


class State(StrEnum):
    """Where a message stands; the words of pages, API and log."""

    QUEUED = "queued"
    SENDING = "sending"  # claimed, or being looked up
    SENT = "sent"  # accepted by Microsoft or the SMTP server; never called delivered
    HELD = "held"  # a human must act
    UNCONFIRMED = "unconfirmed"  # an answer was lost and cannot be checked
    FAILED = "failed"
    CANCELLED = "cancelled"


FINAL = frozenset({State.SENT, State.FAILED, State.CANCELLED})


class Priority(IntEnum):
    """What overtakes what; the lowest number goes first, as the index has it."""

    HIGH, NORMAL, LOW = 0, 1, 2


class MessageRow(db.Table):
    """One message; its content lies sealed in `content` under the same id."""

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_waiting", "account_id", "priority", "due_at", **WAITING),
        Index("ix_message_looking", "look_at", **LOOKING),
        Index("ix_message_leased", "lane_id", "leased_until", **LEASED),
        Index("ix_message_expiring", "expires_at", **EXPIRING),
        Index("ix_message_overdue", "account_id", "overdue_at", **OVERDUE),
        Index("ix_message_stuck", "state", **STUCK_ONES),
        Index("ix_message_kept", "finished_at", **KEPT_ONES),
        Index("ix_message_erased", "finished_at", **ERASED_ONES),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    key_id: Mapped[UUID | None]  # the API key that brought it
    state: Mapped[str]
    reason: Mapped[str]  # a sentence; why it is held, failed, or waits
    priority: Mapped[int]
    accepted_at: Mapped[datetime]
    due_at: Mapped[datetime | None]  # not None: it waits for a worker to send it
    look_at: Mapped[datetime | None]  # not None: it waits to be looked up
    expires_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    overdue_at: Mapped[datetime | None]  # not None: too old to go without a word
    resumed_at: Mapped[datetime | None]  # that word: its time to live began anew

    sender: Mapped[str]
    to: Mapped[list[str]]
    cc: Mapped[list[str]]
    bcc: Mapped[list[str]]
    recipients: Mapped[int] = mapped_column(server_default="0")
    subject: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)  # bytes, before any encoding
    internet_message_id: Mapped[str] = mapped_column(index=True)
    tags: Mapped[list[str]]

    attempts: Mapped[int]
    faults: Mapped[int]  # of ours, before sending began
    lost: Mapped[int] = mapped_column(server_default="0", default=0)  # claims, likewise
    claim: Mapped[UUID | None]
    worker: Mapped[str | None]
    lane_id: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    began: Mapped[bool] = mapped_column(server_default=false(), default=False)
    draft_id: Mapped[str] = mapped_column(server_default="", default="")  # Microsoft's
    doubted: Mapped[bool]  # sticky until it is found out
    looks: Mapped[int]
    resent: Mapped[int] = mapped_column(server_default="0", default=0)  # by the policy
    resent_as: Mapped[UUID | None]  # the copy that a human sent instead
    copy_of: Mapped[UUID | None]
    kept: Mapped[bool] = mapped_column(server_default=true(), default=True)  # content


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a door hands over, checked and stored as content already."""

    id: UUID
    account_id: UUID
    key_id: UUID | None
    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    subject: str
    size: int
    internet_message_id: str
    priority: int = Priority.NORMAL
    expires_at: datetime | None = None
    tags: tuple[str, ...] = ()
    copy_of: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A message on lease: deliver it, or look it up if it is doubted."""

    message_id: UUID
    account_id: UUID
    lane_id: UUID
    token: UUID = field(repr=False)
    attempt: int
    faults: int
    doubted: bool
    looks: int
    resent: int
    recipients: int
    strained: bool  # its mailbox has failed just before
    leased_until: datetime
    sender: str
    bcc: tuple[str, ...]
    internet_message_id: str
    draft_id: str  # "" if there is none

    @property
    def last_look(self) -> bool:
        """Tell whether the schedule of look-ups ends with this one."""
        return self.looks + 1 >= len(LOOKS)


class ClaimLost(PortalError):
    """The lease of this message ended; somebody else decides about it now."""


def put(session: Session, entry: Entry) -> None:
    """Store a message to be sent as soon as a worker is free."""
    now = clock.now()
    row = MessageRow(
        id=entry.id,
        account_id=entry.account_id,
        key_id=entry.key_id,
        state=State.QUEUED,
        reason="",
        priority=entry.priority,
        accepted_at=now,
        due_at=now,
        expires_at=entry.expires_at,
        sender=entry.sender,
        to=list(entry.to),
        cc=list(entry.cc),
        bcc=list(entry.bcc),
        recipients=len(entry.to) + len(entry.cc) + len(entry.bcc),
        subject=entry.subject,
        size=entry.size,
        internet_message_id=entry.internet_message_id,
        tags=list(entry.tags),
        attempts=0,
        faults=0,
        doubted=False,
        looks=0,
        copy_of=entry.copy_of,
    )
    session.add(row)
    tell(session, entry, Line(event=Event.ACCEPTED))


def hasten(session: Session, message_id: UUID) -> None:
    """Let a message that waits go before the others of its account and priority."""
    row = session.get_one(MessageRow, message_id, with_for_update=True)
    if row.due_at is not None:
        others = MessageRow.account_id == row.account_id
        first = session.scalar(select(func.min(MessageRow.due_at)).where(others))
        row.due_at = (first or row.due_at) - INSTANT


def settle(session: Session, claim: Claim, state: State, line: Line) -> None:
    """End a claim: sent, failed, held or unconfirmed; raise ClaimLost if it is gone."""
    finished_at = clock.now() if state in FINAL else None
    _end(session, claim, line, state=state, finished_at=finished_at)


def confirm(session: Session, claim: Claim, line: Line) -> None:
    """End the doubt about an attempt whose answer came after its lease: it was sent.

    Raises ClaimLost if there is no doubt about this attempt any more.
    """
    still_doubted = (
        MessageRow.id == claim.message_id,
        MessageRow.attempts == claim.attempt,
        MessageRow.doubted.is_(True),
        MessageRow.state.in_((State.SENDING, State.UNCONFIRMED)),
    )
    sent = {"state": State.SENT, "finished_at": clock.now()}
    _change(session, claim, line, still_doubted, sent)


def postpone(session: Session, claim: Claim, line: Line) -> None:
    """Have it tried again at `line.again_at`: sent, or looked up if it is doubted."""
    again_at = line.again_at or clock.now()
    if claim.doubted:
        _end(session, claim, line, state=State.SENDING, look_at=again_at)
    else:
        _end(session, claim, line, state=State.QUEUED, due_at=again_at)


def stumble(session: Session, claim: Claim, line: Line) -> None:
    """Postpone it for a fault of ours, and count that."""
    due_at, faults = line.again_at or clock.now(), claim.faults + 1
    _end(session, claim, line, state=State.QUEUED, due_at=due_at, faults=faults)


def resume(session: Session, claim: Claim, line: Line, draft_id: str = "") -> None:
    """End a doubt: it was found not to be sent, so it goes again at `line.again_at`.

    `draft_id` names the draft that it became, and that goes instead of a new one.
    """
    known = {"doubted": False, "looks": 0, "draft_id": draft_id}
    due_at = line.again_at or clock.now()
    _end(session, claim, line, state=State.QUEUED, due_at=due_at, **known)


def resend(session: Session, claim: Claim, line: Line) -> None:
    """Send again what could not be found out, because its account is told to."""
    known = {"doubted": False, "looks": 0, "draft_id": "", "resent": claim.resent + 1}
    _end(session, claim, line, state=State.QUEUED, due_at=clock.now(), **known)


def doubt(session: Session, claim: Claim, line: Line) -> None:
    """Have it looked up: it may have been accepted, so it must not simply go again."""
    looks = min(claim.looks + claim.doubted, len(LOOKS) - 1)
    look_at = clock.now() + LOOKS[looks]
    known = {"doubted": True, "looks": looks}
    _end(session, claim, line, state=State.SENDING, look_at=look_at, **known)


def tell(session: Session, about: Entry | Claim, line: Line) -> None:
    """Write a line about a message, in the transaction that changes it."""
    message_id = about.id if isinstance(about, Entry) else about.message_id
    attempt = about.attempt if isinstance(about, Claim) else 0
    line = replace(line, message_id=message_id, account_id=about.account_id)
    journal.write(session, replace(line, attempt=attempt))


def _end(session: Session, claim: Claim, line: Line, **values: Any) -> None:
    """Change a message that is still ours, and tell; raise ClaimLost if it is not."""
    ours = (MessageRow.id == claim.message_id, MessageRow.claim == claim.token)
    _change(session, claim, line, ours, values)


def _change(
    session: Session,
    claim: Claim,
    line: Line,
    where: Sequence[ColumnElement[bool]],
    values: Mapping[str, Any],
) -> None:
    ended: dict[str, Any] = {
        "reason": line.reason,
        "due_at": None,
        "look_at": None,
        "claim": None,
        "worker": None,
        "leased_until": None,
    }
    changed = session.execute(
        update(MessageRow)
        .where(*where)
        .values(**(ended | dict(values)))
        .returning(MessageRow.id)
    )
    if changed.first() is None:
        raise ClaimLost
    tell(session, claim, line)
