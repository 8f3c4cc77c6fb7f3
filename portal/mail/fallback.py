"""Fallback: what its account cannot send leaves by another account, once.

Only what surely nobody has accepted does, and was never in doubt; whatever else waits
stays with its account. A draft that it became there stays behind, and nobody sends it.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.mail import leftovers, outbox, transfers
from portal.mail.journal import Line
from portal.mail.lanes import LaneRow, budgets, charges
from portal.mail.leftovers import strays
from portal.mail.outbox import (
    AT_REST,
    Claim,
    ClaimLost,
    Fallback,
    MessageRow,
    State,
    claims,
)
from portal.mail.outbox.records.movable import WAITING

BATCH = 100  # messages in one transaction


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A message that may leave by another account, as far as that is concerned."""

    id: UUID
    sender: str  # the From that it names; "" if it names none
    key_id: UUID | None  # the API key that brought it
    differs: bool  # its header named others than its envelope


def waits(session: Session, account_id: UUID) -> bool:
    """Tell whether there is something that may leave by another account."""
    some = select(MessageRow.id).where(*_movable(account_id)).limit(1)
    return session.scalar(some) is not None


def batch(session: Session, account_id: UUID, *, probing: bool) -> list[Candidate]:
    """Return some of what may leave by another account, and keep it until the end.

    An account that tries one message now keeps that one.
    """
    kept = [due.id for due in claims.probe(session, account_id)] if probing else []
    rows = session.scalars(
        select(MessageRow)
        .where(*_movable(account_id), MessageRow.id.not_in(kept))
        .order_by(MessageRow.priority, MessageRow.due_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    return [_candidate(row) for row in rows]


def released(session: Session, claim: Claim) -> Candidate | None:
    """Return a claimed message that was surely not accepted, if it may leave elsewhere.

    Raises ClaimLost if it is not ours.
    """
    row = session.get(
        MessageRow, claim.message_id, with_for_update=True, populate_existing=True
    )
    if row is None or row.claim != claim.token:
        raise ClaimLost
    # Only this attempt has begun to send its draft, or none has.
    sure = not (claim.doubted or claim.draft_begun or claim.repeats)
    moved = row.fallback_of is not None or row.fallback == Fallback.NEVER
    return _candidate(row) if sure and not moved else None


def move(session: Session, message_id: UUID, other_id: UUID, line: Line) -> None:
    """Let a message leave by another account, as if nobody had tried it."""
    row = session.get_one(MessageRow, message_id)
    outbox.tell(session, row, line)
    now = clock.now()
    if row.claim is not None and row.lane_id is not None:
        charges.give_back(session, row.lane_id, budgets.cost(recipients=row.recipients))
    _leave_drafts(session, row)
    anew = {
        "account_id": other_id,
        "fallback_of": row.account_id,
        "state": State.QUEUED,
        **line.why,
        "due_at": now,
        # What went by while its account could send nothing does not count.
        "resumed_at": now,
        "needs": "",
        "refused_at": None,
        "draft_id": "",
        "draft_begun": False,
        "unnamed_since": None,
    }
    for name, value in (AT_REST | anew).items():
        setattr(row, name, value)


def bar(session: Session, message_id: UUID, line: Line) -> None:
    """Let a message that waits stay with its account; `line` says why."""
    row = session.get_one(MessageRow, message_id)
    outbox.tell(session, row, line)
    row.fallback, row.reason, row.cause = Fallback.BARRED, line.reason, line.cause


def _movable(account_id: UUID) -> tuple[Any, ...]:
    return MessageRow.account_id == account_id, *WAITING


def _candidate(row: MessageRow) -> Candidate:
    return Candidate(
        id=row.id, sender=row.sender, key_id=row.key_id, differs=row.differs
    )


def _leave_drafts(session: Session, row: MessageRow) -> None:
    """Have what it became deleted there, and forget how far its files had come."""
    if row.draft_id:
        lane = session.get_one(LaneRow, row.lane_id)
        leftovers.leave(session, row, lane.key)
        transfers.plan(session, row.id, {})
    strays.leave(session, row.id)
