"""Troubles: why an account sends nothing for now, held or its mailbox out of reach."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from portal import clock
from portal.mail import lanes
from portal.mail.lanes import FeedRow, LaneRow

OFTEN = 3  # failures in a row, or attempts of one message
UNREACHABLE = "Its mailbox or server has failed several times in a row."


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Why an account sends nothing, and whether it tries one message now."""

    reason: str
    probing: bool = False
    closed: bool = False  # by a human, whom its messages wait for


def find(session: Session, account_id: UUID) -> Trouble | None:
    """Tell what keeps an account from sending; None if it may send what is due."""
    feed = session.get(FeedRow, account_id, populate_existing=True)
    hold = lanes.holding(session, account_id)
    if feed is None or feed.lane_id is None:
        return Trouble(reason=hold.advice if hold else "", closed=True)
    now, lane = clock.now(), session.get_one(LaneRow, feed.lane_id)
    paused = lane.paused_until is not None and lane.paused_until > now
    if hold:
        due = feed.probe_at is not None and feed.probe_at <= now
        return Trouble(reason=hold.advice, probing=due and not paused)
    if paused and lane.failures >= OFTEN:
        return Trouble(reason=UNREACHABLE)
    return None


def lock(session: Session, account_id: UUID) -> bool:
    """Keep an account and its mailbox as they are; False if it feeds none."""
    feed = session.get(FeedRow, account_id)
    if feed is None or feed.lane_id is None:
        return False
    lane = lanes.lock_lane(session, feed.lane_id)
    return feeds(session, account_id, lane.id)


def feeds(session: Session, account_id: UUID, lane_id: UUID) -> bool:
    """Keep an account as it is; tell whether it feeds this lane, locked before."""
    feed = session.get_one(
        FeedRow, account_id, with_for_update=True, populate_existing=True
    )
    return feed.lane_id == lane_id
