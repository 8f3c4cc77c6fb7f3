"""Claims: how a worker takes messages and keeps them.

Claiming is one short transaction: lock one lane that has something due and a free slot,
count its live leases, spend its budgets, and lease the oldest due messages of highest
priority, no more than start at once. On a road of one request the claim itself is the
mark that sending may have begun.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from portal import clock, net
from portal.mail import lanes, outbox
from portal.mail.journal import Event, Line
from portal.mail.lanes import FeedRow, LaneRow, budgets, charges, probes
from portal.mail.outbox import (
    Claim,
    ClaimLost,
    MessageRow,
    Priority,
    State,
    claim_of,
    overdue,
)

# What sending may take, with room to get ready and to write down how it ended.
LEASE = timedelta(seconds=net.LONGEST_UPLOAD_SECONDS + 30)
TICK = timedelta(microseconds=1)  # the least that two times can differ
LOOK_REQUESTS = 2  # by the draft's id, and over the mailbox
RECHECK = timedelta(seconds=10)  # a lane without budget: limits may be raised meanwhile


@dataclass(frozen=True, order=True)
class Due:
    """A message that waits; what goes first is the least."""

    priority: int
    due_at: datetime
    id: UUID
    size: int  # bytes, before any encoding
    recipients: int
    probe_of: UUID | None = field(default=None, compare=False)  # a held account

    @property
    def cost(self) -> budgets.Cost:
        size = budgets.claimed(self.size)
        return budgets.cost(
            requests=1, size=size, recipients=self.recipients, messages=1
        )


def take(session: Session, worker: str, wanted: int) -> list[Claim]:
    """Lease what one free lane may start now; empty when nothing is due.

    What is doubted comes first: it is looked up, whether its account is held or not.
    """
    lane = _lock_due_lane(session)
    if lane is None:
        return []
    here = _leases().where(MessageRow.lane_id == lane.id)
    busy = session.scalar(here) or 0
    looking = session.scalar(here.where(MessageRow.doubted)) or 0
    free = max(0, min(lane.in_flight - busy, wanted))
    # However many are in doubt, some slots are left for mail.
    looks = _due_looks(session, lane, min(free, max(1, lane.in_flight // 2) - looking))
    due = _affordable(session, lane, free - len(looks))
    if not looks and not due:
        return []
    now = clock.now()
    # Never back, and never the same: a clock may be set, and a backup be of just then.
    lane.claimed_at = max(now, lane.claimed_at + TICK) if lane.claimed_at else now
    return _lease(session, lane, worker, [*looks, *due])


def spare(session: Session, account_id: UUID, requests: int) -> bool:
    """Charge an account's mailbox for requests that no message makes, if it may now.

    It may while it does not rest, has a slot free, and has such a budget left.
    """
    feed = session.get(FeedRow, account_id)
    if feed is None or feed.lane_id is None:
        return False
    lane = lanes.lock_lane(session, feed.lane_id)
    cost = budgets.cost(requests=requests)
    return free(session, lane) and not charges.afford(session, lane.id, cost)


def free(session: Session, lane: LaneRow) -> bool:
    """Tell whether a mailbox that is locked has a slot free, and does not rest."""
    if lane.paused_until and lane.paused_until > clock.now():
        return False
    busy = session.scalar(_leases().where(MessageRow.lane_id == lane.id)) or 0
    return busy < lane.in_flight


def probe(session: Session, account_id: UUID) -> list[Due]:
    """Return the message that was tried least recently, whatever its priority.

    One that is refused for itself alone would else keep all others waiting.
    """
    first = [
        each
        for priority in Priority
        for each in _due_of(session, account_id, 1, MessageRow.priority == priority)
    ]
    oldest = sorted(first, key=lambda due: due.due_at)[:1]
    return [replace(each, probe_of=account_id) for each in oldest]


def prepare(session: Session, claim: Claim, draft_id: str) -> datetime:
    """Note that nothing is sent yet, and which draft there is to go on from.

    Extends the lease, and returns until when; raises ClaimLost.
    """
    known = {"unnamed_since": None} if draft_id else {}
    return _extend(session, claim, began=False, draft_id=draft_id, **known)


def expect(session: Session, claim: Claim, since: datetime | None) -> datetime:
    """Note since when there may be a draft without a known id; else as `prepare`."""
    return _extend(session, claim, unnamed_since=since)


def begin(session: Session, claim: Claim) -> datetime:
    """Note that sending may begin, before it does; else as `prepare`."""
    return _extend(session, claim, began=True, draft_begun=MessageRow.draft_id != "")


def _extend(session: Session, claim: Claim, **values: Any) -> datetime:
    until = clock.now() + LEASE
    kept = session.execute(
        update(MessageRow)
        .where(MessageRow.id == claim.message_id, MessageRow.claim == claim.token)
        .values(leased_until=until, **values)
        .returning(MessageRow.id)
    )
    if kept.first() is None:
        raise ClaimLost
    return until


def _lock_due_lane(session: Session) -> LaneRow | None:
    now = clock.now()
    due = exists().where(
        FeedRow.lane_id == LaneRow.id,
        _open(now),
        MessageRow.account_id == FeedRow.account_id,
        MessageRow.due_at <= now,
        or_(LaneRow.rests_until.is_(None), LaneRow.rests_until <= now),
    )
    looks = exists().where(MessageRow.lane_id == LaneRow.id, MessageRow.look_at <= now)
    busy = _leases().where(MessageRow.lane_id == LaneRow.id).correlate(LaneRow)
    return session.scalars(
        select(LaneRow)
        .where(
            or_(LaneRow.paused_until.is_(None), LaneRow.paused_until <= now),
            or_(due, looks),
            busy.scalar_subquery() < LaneRow.in_flight,
        )
        .order_by(func.random())
        .limit(1)
        .with_for_update(skip_locked=True, of=LaneRow, key_share=True)
    ).first()


def _leases() -> Select[int]:
    return select(func.count()).where(
        MessageRow.claim.is_not(None), MessageRow.leased_until > clock.now()
    )


def _open(now: datetime) -> ColumnElement[bool]:
    return or_(FeedRow.held_reason.is_(None), FeedRow.probe_at <= now)


def _due_looks(session: Session, lane: LaneRow, limit: int) -> list[UUID]:
    if limit <= 0:
        return []
    due = session.scalars(
        select(MessageRow.id)
        .where(MessageRow.lane_id == lane.id, MessageRow.look_at <= clock.now())
        .order_by(MessageRow.look_at)
        .limit(limit)
    ).all()
    if due:
        cost = budgets.cost(requests=len(due) * LOOK_REQUESTS)
        lane.spent = budgets.spend(lane.spent, cost, clock.now())
    return list(due)


def _affordable(session: Session, lane: LaneRow, limit: int) -> list[UUID]:
    """Return what goes next, as far as the lane's budgets reach, and charge them.

    Nothing overtakes what does not fit yet, or it might wait for ever.
    """
    now, taken = clock.now(), []
    if limit <= 0 or (lane.rests_until and lane.rests_until > now):
        return []
    feeds = _open_feeds(session, lane.id)
    limits = charges.limits(session, lane.id)
    for due in _oldest_due(session, feeds, limit):
        fits_at = budgets.fits_at(lane.spent, due.cost, limits, now)
        if fits_at > now:
            lane.rests_until = min(fits_at, now + RECHECK)
            break
        lane.spent = budgets.spend(lane.spent, due.cost, now)
        if due.probe_of:
            probes.count(session, due.probe_of)
        taken.append(due.id)
    return taken


def _open_feeds(session: Session, lane_id: UUID) -> Sequence[FeedRow]:
    here = select(FeedRow).where(FeedRow.lane_id == lane_id, _open(clock.now()))
    return session.scalars(here).all()


def _oldest_due(session: Session, feeds: Sequence[FeedRow], limit: int) -> list[Due]:
    """Return what goes next; of a held account, one message that may try again."""
    flowing = [feed.account_id for feed in feeds if feed.held_reason is None]
    due = [each for account in flowing for each in _due_of(session, account, limit)]
    due = sorted(due)[:limit]
    for feed in feeds:
        if feed.held_reason is not None and len(due) < limit:
            # What is too old does not go as a probe either.
            overdue.set_aside(session, feed.account_id)
            due += probe(session, feed.account_id)
    return due


def _due_of(
    session: Session, account_id: UUID, limit: int, *only: ColumnElement[bool]
) -> list[Due]:
    # One account at a time, so that the index already has them in this order.
    row = MessageRow
    due = session.execute(
        select(row.priority, row.due_at, row.id, row.size, row.recipients)
        .where(row.account_id == account_id, row.due_at <= clock.now(), *only)
        .order_by(row.priority, row.due_at)
        .limit(limit)
    )
    return [
        Due(priority, due_at, message_id, size, recipients)
        for priority, due_at, message_id, size, recipients in due
        if due_at
    ]


def _lease(
    session: Session, lane: LaneRow, worker: str, due: Sequence[UUID]
) -> list[Claim]:
    draft = and_(MessageRow.draft_id != "", MessageRow.lane_id == lane.id)
    rows = session.scalars(
        update(MessageRow)
        .where(
            MessageRow.id.in_(due),
            or_(MessageRow.due_at.is_not(None), MessageRow.look_at.is_not(None)),
        )
        .values(
            state=State.SENDING,
            due_at=None,
            look_at=None,
            claim=uuid4(),
            worker=worker,
            lane_id=lane.id,
            leased_until=clock.now() + LEASE,
            # What is a draft in this mailbox says before it sends that it will.
            began=~draft,
            # What may have been sent elsewhere is not forgotten for another mailbox.
            draft_id=case(
                (or_(draft, MessageRow.draft_begun), MessageRow.draft_id), else_=""
            ),
            unnamed_since=case(
                (MessageRow.lane_id == lane.id, MessageRow.unnamed_since), else_=None
            ),
            attempts=MessageRow.attempts + case((MessageRow.doubted, 0), else_=1),
        )
        .returning(MessageRow)
    ).all()
    claims = [claim_of(row, lane) for row in rows]
    for claim in claims:
        outbox.tell(session, claim, Line(event=Event.SENDING))
    return sorted(claims, key=lambda claim: due.index(claim.message_id))
