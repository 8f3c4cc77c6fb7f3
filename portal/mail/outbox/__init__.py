"""The outbox: every message that was accepted, and what became of it.

A worker claims a message by changing its row, so two workers cannot take the same one.
A claim is a lease: what a vanished worker may have sent is looked up, never sent again.
A message waits for a worker as long as `due_at` says when, or `look_at` if it is in
doubt; each change of state writes its journal line in the same transaction.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, false, text, true
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, db
from portal.errors import PortalError
from portal.mail import journal
from portal.mail.journal import Event, Line
from portal.mail.lanes import LaneRow

# When an unsure message is looked up, counted from the doubt and from each look.
LOOKS = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 300, 900))

WAITING = text("due_at IS NOT NULL")
LOOKING = text("look_at IS NOT NULL")
LEASED = text("claim IS NOT NULL")
STUCK = text("state IN ('held', 'unconfirmed')")
NEXT = ("account_id", "priority", "due_at")
STANDS = ("state", "account_id", "accepted_at", "resent_as")
UNSENT = text("state IN ('queued', 'held') AND NOT doubted")
EXPIRING = text(f"expires_at IS NOT NULL AND {UNSENT}")
OVERDUE = text("overdue_at IS NOT NULL")
NEVER_SENT = text("state IN ('failed', 'cancelled')")
KEPT = text("finished_at IS NOT NULL AND kept")
ERASED = text("finished_at IS NOT NULL AND NOT kept")
NEEDY = text("needs <> ''")
# Their drafts lie in the mailbox, and nobody will send them.
LEFT = text("draft_id <> '' AND NOT draft_begun AND state IN ('failed', 'cancelled')")
UNNAMED = text("unnamed_since IS NOT NULL")
BROUGHT = text("key_id IS NOT NULL")
LINED_UP = text("key_id IS NOT NULL AND state = 'queued'")
MOVABLE = text(  # surely not sent, and never in doubt
    "fallback = 'open' AND due_at IS NOT NULL AND NOT draft_begun AND repeats = 0"
)


class State(StrEnum):
    """Where a message stands; the words of pages, API and log."""

    QUEUED = "queued"
    SENDING = "sending"  # claimed, or being looked up
    SENT = "sent"  # accepted by Microsoft or the SMTP server; never called delivered
    HELD = "held"  # a human must act
    UNCONFIRMED = "unconfirmed"  # an answer was lost and cannot be checked
    FAILED = "failed"
    CANCELLED = "cancelled"


WAITS_NOT: dict[str, Any] = {"due_at": None, "look_at": None}
CLAIMED_NOT: dict[str, Any] = {"claim": None, "worker": None, "leased_until": None}
AT_REST = WAITS_NOT | CLAIMED_NOT
FINAL = frozenset({State.SENT, State.FAILED, State.CANCELLED})


class Priority(IntEnum):
    """What overtakes what; the lowest number goes first, as the index has it."""

    HIGH, NORMAL, LOW = 0, 1, 2


class Fallback(StrEnum):
    """Whether a message may leave by the fallback of its account."""

    NONE = ""  # there was no fallback when it came
    OPEN = "open"
    BARRED = "barred"  # the fallback may not send it
    NEVER = "never"  # it is bound to its account, as a test mail is


class MessageRow(db.Table):
    """One message; its content lies sealed in `content` under the same id."""

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_waiting", *NEXT, **db.only(WAITING)),
        Index("ix_message_looking", "look_at", **db.only(LOOKING)),
        Index("ix_message_leased", "lane_id", "leased_until", **db.only(LEASED)),
        Index("ix_message_expiring", "expires_at", **db.only(EXPIRING)),
        Index("ix_message_overdue", "account_id", "overdue_at", **db.only(OVERDUE)),
        Index("ix_message_stuck", *STANDS, **db.only(STUCK)),
        Index("ix_message_never_sent", "state", "id", **db.only(NEVER_SENT)),
        Index("ix_message_kept", "finished_at", **db.only(KEPT)),
        Index("ix_message_erased", "finished_at", **db.only(ERASED)),
        Index("ix_message_needy", "account_id", **db.only(NEEDY)),
        Index("ix_message_left", "finished_at", **db.only(LEFT)),
        Index("ix_message_unnamed", "unnamed_since", **db.only(UNNAMED)),
        Index("ix_message_brought", "key_id", "state", "id", **db.only(BROUGHT)),
        Index("ix_message_lined_up", "key_id", "account_id", "id", **db.only(LINED_UP)),
        Index("ix_message_movable", *NEXT, **db.only(MOVABLE)),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    key_id: Mapped[UUID | None]  # the API key that brought it
    state: Mapped[str]
    reason: Mapped[str]  # a sentence; why it is held, failed, or waits
    cause: Mapped[str] = mapped_column(server_default="", default="")  # of `reason`
    priority: Mapped[int]
    accepted_at: Mapped[datetime]
    due_at: Mapped[datetime | None]  # not None: it waits for a worker to send it
    look_at: Mapped[datetime | None]  # not None: it waits to be looked up
    expires_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    overdue_at: Mapped[datetime | None]  # not None: too old to go without a word
    resumed_at: Mapped[datetime | None]  # that word: its time to live began anew
    resumed_by: Mapped[UUID | None]  # the decision about many that was the last one
    sender: Mapped[str]
    return_path: Mapped[str | None]  # of its envelope; "": to nobody; None: not said
    to: Mapped[list[str]]
    cc: Mapped[list[str]]
    bcc: Mapped[list[str]]
    recipients: Mapped[int] = mapped_column(server_default="0")
    differs: Mapped[bool] = mapped_column(server_default=false(), default=False)
    subject: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)  # bytes, before any encoding
    internet_message_id: Mapped[str] = mapped_column(index=True)
    tags: Mapped[list[str]]
    attempts: Mapped[int] = mapped_column(default=0)
    faults: Mapped[int] = mapped_column(default=0)  # of ours, before sending began
    lost: Mapped[int] = mapped_column(server_default="0", default=0)  # claims, likewise
    claim: Mapped[UUID | None]
    worker: Mapped[str | None]
    lane_id: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    began: Mapped[bool] = mapped_column(server_default=false(), default=False)
    draft_id: Mapped[str] = mapped_column(server_default="", default="")  # Microsoft's
    draft_begun: Mapped[bool] = mapped_column(server_default=false(), default=False)
    unnamed_since: Mapped[datetime | None]  # a draft was asked for, of unknown id
    needs: Mapped[str] = mapped_column(server_default="", default="")  # held for it
    refused_at: Mapped[datetime | None]  # as anything of its account would be
    doubted: Mapped[bool] = mapped_column(default=False)  # sticky until it is found out
    looks: Mapped[int] = mapped_column(default=0)
    unheard: Mapped[int] = mapped_column(server_default="0", default=0)  # looks in vain
    repeats: Mapped[int] = mapped_column(server_default="0", default=0)  # when unsure
    resent_as: Mapped[UUID | None]  # the copy that a human sent instead
    copy_of: Mapped[UUID | None]
    part_of: Mapped[UUID | None]  # whose other recipients it was sent to
    fallback: Mapped[str] = mapped_column(server_default="", default=Fallback.NONE)
    fallback_of: Mapped[UUID | None]  # the account that could not send it
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
    differs: bool = False  # its header names others than its envelope
    return_path: str | None = None
    copy_of: UUID | None = None
    fallback: Fallback = Fallback.NONE


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
    unheard: int  # looks in a row that Microsoft did not answer
    repeats: int
    priority: int
    size: int  # bytes, before any encoding
    refused_at: datetime | None
    recipients: int
    strained: bool  # its mailbox has failed just before
    claimed_at: datetime | None  # how far the outbox has gone with it
    mailbox: str  # key of its lane
    accepted_at: datetime
    leased_until: datetime
    sender: str
    return_path: str | None
    envelope: tuple[str, ...]  # everybody who receives it, bcc among them
    bcc: tuple[str, ...]
    internet_message_id: str
    draft_id: str  # "" if there is none
    draft_begun: bool  # to be sent, by an attempt before that may have done so
    unnamed_since: datetime | None  # there may be a draft whose id nobody knows
    bound: bool  # to its account, which may be a trial
    snapshot: str = ""  # of the settings that it is tried with, once they are pinned

    @property
    def last_look(self) -> bool:
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
        return_path=entry.return_path,
        to=list(entry.to),
        cc=list(entry.cc),
        bcc=list(entry.bcc),
        recipients=len(entry.to) + len(entry.cc) + len(entry.bcc),
        subject=entry.subject,
        size=entry.size,
        internet_message_id=entry.internet_message_id,
        tags=list(entry.tags),
        differs=entry.differs,
        copy_of=entry.copy_of,
        fallback=entry.fallback,
    )
    session.add(row)
    tell(session, entry, Line(event=Event.ACCEPTED))


def tell(session: Session, about: Entry | Claim | MessageRow, line: Line) -> None:
    """Write a line about a message, in the transaction that changes it."""
    match about:
        case Claim():
            message_id, attempt = about.message_id, about.attempt
            line = replace(line, snapshot=about.snapshot)
        case MessageRow():
            message_id, attempt = about.id, about.attempts
        case Entry():
            message_id, attempt = about.id, 0
    line = replace(line, message_id=message_id, account_id=about.account_id)
    journal.write(session, replace(line, attempt=attempt))


def claim_of(row: MessageRow, lane: LaneRow | None = None) -> Claim:
    """Return what a worker is told of a row that it has claimed."""
    if row.claim is None or row.lane_id is None or row.leased_until is None:
        raise ClaimLost
    return Claim(
        message_id=row.id,
        account_id=row.account_id,
        lane_id=row.lane_id,
        token=row.claim,
        attempt=row.attempts,
        faults=row.faults,
        doubted=row.doubted,
        looks=row.looks,
        unheard=row.unheard,
        repeats=row.repeats,
        priority=row.priority,
        size=row.size,
        refused_at=row.refused_at,
        recipients=row.recipients,
        strained=lane is not None and lane.failures > 0,
        claimed_at=lane.claimed_at if lane else None,
        mailbox=lane.key if lane else "",
        accepted_at=row.accepted_at,
        leased_until=row.leased_until,
        sender=row.sender,
        return_path=row.return_path,
        envelope=tuple(dict.fromkeys([*row.to, *row.cc, *row.bcc])),
        bcc=tuple(row.bcc),
        internet_message_id=row.internet_message_id,
        draft_id=row.draft_id,
        draft_begun=row.draft_begun,
        unnamed_since=row.unnamed_since,
        bound=row.fallback == Fallback.NEVER,
    )
