"""Claims: how a worker takes messages, keeps them, and what of a vanished one is found.

Claiming is one short transaction: lock one lane that has something due and a free slot,
count its live leases, and lease the oldest due messages of highest priority, no more
than start at once. On a road of one request the claim itself is the mark that sending
may have begun.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select, update
from sqlalchemy.orm import Session

from portal import clock, net
from portal.mail import journal, lanes, outbox, overdue
from portal.mail.journal import Event, Line
from portal.mail.lanes import FeedRow, LaneRow
from portal.mail.outbox import UNSENT, Claim, ClaimLost, MessageRow, State

# What sending may take, with room to get ready and to write down how it ended.
LEASE = timedelta(seconds=net.LONGEST_UPLOAD_SECONDS + 30)
SWEEP = 100  # messages in one sweep

Due = tuple[int, datetime, UUID]  # what goes first is the least


def take(session: Session, worker: str, wanted: int) -> list[Claim]:
    """Lease what one free lane may start now; empty when nothing is due."""
    lane = _lock_due_lane(session)
    if lane is None:
        return []
    busy = session.scalar(_leases().where(MessageRow.lane_id == lane.id)) or 0
    free = lane.in_flight - busy
    due = _oldest_due(session, lane.id, max(0, min(free, wanted)))
    return _lease(session, lane.id, worker, due)


def renew(session: Session, claim: Claim) -> datetime:
    """Extend a lease because there was progress; raise ClaimLost if it is gone."""
    until = clock.now() + LEASE
    kept = session.execute(
        update(MessageRow)
        .where(MessageRow.id == claim.message_id, MessageRow.claim == claim.token)
        .values(leased_until=until)
        .returning(MessageRow.id)
    )
    if kept.first() is None:
        raise ClaimLost
    return until


def abandon(session: Session, worker: str) -> None:
    """End the leases of a worker that is known to be gone."""
    session.execute(
        update(MessageRow)
        .where(MessageRow.claim.is_not(None), MessageRow.worker == worker)
        .values(leased_until=clock.now())
    )


def recover(session: Session) -> int:
    """Have looked up what vanished workers left; return how many."""
    rows = session.scalars(
        select(MessageRow)
        .where(MessageRow.claim.is_not(None), MessageRow.leased_until <= clock.now())
        .limit(SWEEP)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        reason = "The worker vanished after sending may have begun."
        outbox.doubt(session, _claim(row), Line(event=Event.DOUBTED, reason=reason))
    return len(rows)


def expire(session: Session) -> int:
    """Settle what was not sent before its time was over; return how many."""
    now = clock.now()
    rows = session.scalars(
        select(MessageRow)
        .where(MessageRow.expires_at <= now, UNSENT)
        .limit(SWEEP)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        reason = "Its time was over before it could be sent."
        row.state, row.reason = State.FAILED, reason
        row.due_at, row.overdue_at, row.finished_at = None, None, now
        journal.write(session, _ended(row, reason))
    return len(rows)


def _ended(row: MessageRow, reason: str) -> Line:
    return Line(
        event=Event.EXPIRED,
        message_id=row.id,
        account_id=row.account_id,
        attempt=row.attempts,
        reason=reason,
    )


def _lock_due_lane(session: Session) -> LaneRow | None:
    now = clock.now()
    due = exists().where(
        FeedRow.lane_id == LaneRow.id,
        _open(now),
        MessageRow.account_id == FeedRow.account_id,
        MessageRow.due_at <= now,
    )
    busy = _leases().where(MessageRow.lane_id == LaneRow.id).correlate(LaneRow)
    return session.scalars(
        select(LaneRow)
        .where(
            or_(LaneRow.paused_until.is_(None), LaneRow.paused_until <= now),
            due,
            busy.scalar_subquery() < LaneRow.in_flight,
        )
        .order_by(func.random())
        .limit(1)
        .with_for_update(skip_locked=True, of=LaneRow)
    ).first()


def _leases() -> Select[int]:
    return select(func.count()).where(
        MessageRow.claim.is_not(None), MessageRow.leased_until > clock.now()
    )


def _open(now: datetime) -> ColumnElement[bool]:
    return or_(FeedRow.held_reason.is_(None), FeedRow.probe_at <= now)


def _oldest_due(session: Session, lane_id: UUID, limit: int) -> list[UUID]:
    """Return what goes next; of a held account, one message that may try again."""
    now = clock.now()
    feeds = session.scalars(
        select(FeedRow).where(FeedRow.lane_id == lane_id, _open(now))
    ).all()
    flowing = [feed.account_id for feed in feeds if feed.held_reason is None]
    due = [each for account in flowing for each in _due_of(session, account, limit)]
    due = sorted(due)[:limit]
    for feed in feeds:
        if feed.held_reason is not None and len(due) < limit:
            # What is too old does not go as a probe either.
            overdue.set_aside(session, feed.account_id)
            if probe := _due_of(session, feed.account_id, 1):
                lanes.count_probe(session, feed.account_id)
            due += probe
    return [message_id for *_, message_id in due]


def _due_of(session: Session, account_id: UUID, limit: int) -> list[Due]:
    # One account at a time, so that the index already has them in this order.
    due = session.execute(
        select(MessageRow.priority, MessageRow.due_at, MessageRow.id)
        .where(MessageRow.account_id == account_id, MessageRow.due_at <= clock.now())
        .order_by(MessageRow.priority, MessageRow.due_at)
        .limit(limit)
    )
    return [(priority, due_at, id_) for priority, due_at, id_ in due if due_at]


def _lease(
    session: Session, lane_id: UUID, worker: str, due: Sequence[UUID]
) -> list[Claim]:
    rows = session.scalars(
        update(MessageRow)
        .where(MessageRow.id.in_(due), MessageRow.due_at.is_not(None))
        .values(
            state=State.SENDING,
            due_at=None,
            claim=uuid4(),
            worker=worker,
            lane_id=lane_id,
            leased_until=clock.now() + LEASE,
            attempts=MessageRow.attempts + case((MessageRow.doubted, 0), else_=1),
        )
        .returning(MessageRow)
    ).all()
    claims = [_claim(row) for row in rows]
    for claim in claims:
        outbox.tell(session, claim, Line(event=Event.SENDING))
    return sorted(claims, key=lambda claim: due.index(claim.message_id))


def _claim(row: MessageRow) -> Claim:
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
        leased_until=row.leased_until,
        sender=row.sender,
        bcc=tuple(row.bcc),
        internet_message_id=row.internet_message_id,
    )
