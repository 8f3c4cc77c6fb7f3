"""Flow: whether what waits for an account moves, and if not, why."""

from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.mail import lanes
from portal.mail.lanes import FeedRow, Hold, LaneRow
from portal.mail.lanes.troubles import OFTEN, UNREACHABLE

FAILURES = 12  # in a row, which takes some minutes
ABSENCE = timedelta(minutes=30)  # workers say that they are there every ten
BLINK = timedelta(minutes=1)  # in which a worker looks again at what has rested


class Motion(StrEnum):
    """How a mailbox moves."""

    MOVING = "moving"  # or it rests for its limits, and goes on by itself
    FAILING = "failing"  # again and again, so that less and less is tried
    UNTOUCHED = "untouched"  # workers are there, and claim nothing
    UNATTENDED = "unattended"  # no worker is there


def motion(session: Session, account_id: UUID, patience: timedelta) -> Motion:
    """Tell how the mailbox moves that an account feeds; without one nothing does."""
    feed = session.get(FeedRow, account_id)
    if feed is None or feed.lane_id is None:
        return Motion.UNTOUCHED
    return _motion(feed, session.get_one(LaneRow, feed.lane_id), patience)


def motions(session: Session, patience: timedelta) -> dict[UUID, Motion]:
    """Tell the same of every account that feeds one."""
    return {
        feed.account_id: _motion(feed, lane, patience)
        for feed, lane in lanes.feeds(session)
        if lane
    }


def failing(session: Session, account_id: UUID) -> Hold | None:
    """Tell why an account cannot reach its mailbox, so that another may stand in.

    None if it can. It names what failed last, unless that was before a version that
    kept it.
    """
    feed = session.get(FeedRow, account_id)
    if feed is None or feed.lane_id is None:
        return None
    return _failing(session.get_one(LaneRow, feed.lane_id))


def failures(session: Session) -> dict[UUID, Hold]:
    """Tell the same of every account that cannot."""
    found = {
        feed.account_id: lane and _failing(lane) for feed, lane in lanes.feeds(session)
    }
    return {account_id: why for account_id, why in found.items() if why}


def overlooked(session: Session) -> bool:
    """Tell whether an account has come since workers last said that they were there."""
    new = select(FeedRow.account_id).where(FeedRow.attended_at.is_(None))
    return session.scalars(new.limit(1)).first() is not None


def _failing(lane: LaneRow) -> Hold | None:
    if lane.failures < OFTEN:
        return None
    reason = f"{UNREACHABLE} {lane.failed_reason}".rstrip()
    return Hold(reason=reason, cause=lane.failed_cause)


def _motion(feed: FeedRow, lane: LaneRow, patience: timedelta) -> Motion:
    now = clock.now()
    if lane.failures >= FAILURES:
        return Motion.FAILING
    rests = (lane.rests_until, lane.paused_until)
    if any(until and until > now - BLINK for until in rests):
        return Motion.MOVING
    # What was due while its account was held has waited for a worker since then only.
    begun = (lane.claimed_at, feed.flowing_since)
    if any(moment and moment > now - patience for moment in begun):
        return Motion.MOVING
    alone = feed.attended_at is None or feed.attended_at < now - ABSENCE
    return Motion.UNATTENDED if alone else Motion.UNTOUCHED
