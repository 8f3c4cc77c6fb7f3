"""Meters: what each mailbox has spent of its budgets, and what it may spend."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.mail import lanes
from portal.mail.lanes import FeedRow, LaneRow, budgets, charges
from portal.mail.lanes.budgets import Budget, Tariff


@dataclass(frozen=True, kw_only=True)
class Meter:
    """One budget of a mailbox, in its window that ends now."""

    budget: Budget
    used: int
    limit: int


@dataclass(frozen=True, kw_only=True)
class Mailbox:
    """A lane that some account feeds."""

    lane_id: UUID
    key: str
    account_ids: tuple[UUID, ...]
    in_flight: int  # how many requests it may have at once
    paused_until: datetime | None  # by the other side
    meters: tuple[Meter, ...]


def mailboxes(session: Session) -> list[Mailbox]:
    """Return every mailbox that an account feeds, and how it stands."""
    feeds: dict[LaneRow, list[FeedRow]] = {}
    for feed, lane in lanes.feeds(session):
        if lane:
            feeds.setdefault(lane, []).append(feed)
    return [
        Mailbox(
            lane_id=lane.id,
            key=lane.key,
            account_ids=tuple(feed.account_id for feed in fed),
            in_flight=lane.in_flight,
            paused_until=lane.paused_until,
            meters=_meters(lane, fed),
        )
        for lane, fed in feeds.items()
    ]


def _meters(lane: LaneRow, fed: list[FeedRow]) -> tuple[Meter, ...]:
    paces = [feed.per_minute for feed in fed]
    limits, now = charges.limits_of(Tariff(lane.tariff), paces), clock.now()
    return tuple(
        Meter(budget=each, used=budgets.used(lane.spent, each, now), limit=limits[name])
        for name, each in budgets.BUDGETS.items()
        if name in limits
    )


def attended_at(session: Session) -> datetime | None:
    """Tell when a worker last said that it was there; None if none ever did."""
    newest = select(FeedRow.attended_at).where(FeedRow.attended_at.is_not(None))
    return session.scalars(newest.order_by(FeedRow.attended_at.desc()).limit(1)).first()
