"""Charges: what a mailbox has spent of its budgets, and what it may spend yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.mail import lanes
from portal.mail.lanes import FeedRow, LaneRow, budgets
from portal.mail.lanes.budgets import Cost, Limits, Spent, Tariff


@dataclass(frozen=True, kw_only=True)
class Charged:
    """What the mailbox of an account has spent, and what it may spend."""

    spent: Spent
    limits: Limits


def charged(session: Session, account_id: UUID) -> Charged | None:
    """Tell what an account's mailbox has spent; None if it feeds none, or is held."""
    feed = session.get(FeedRow, account_id)
    if feed is None or feed.lane_id is None or feed.held_reason is not None:
        return None
    lane = session.get_one(LaneRow, feed.lane_id)
    return Charged(spent=lane.spent, limits=limits(session, lane.id))


def every(session: Session) -> dict[UUID, Charged]:
    """Tell the same of each account that feeds a mailbox and is not held."""
    rows = [(feed, lane) for feed, lane in lanes.feeds(session) if lane]
    paces: dict[UUID, list[int | None]] = {}
    for feed, lane in rows:
        paces.setdefault(lane.id, []).append(feed.per_minute)
    return {
        feed.account_id: Charged(
            spent=lane.spent, limits=limits_of(Tariff(lane.tariff), paces[lane.id])
        )
        for feed, lane in rows
        if feed.held_reason is None
    }


def limits(session: Session, lane_id: UUID) -> Limits:
    """Return what a mailbox may spend; the slowest of its accounts sets its pace."""
    asked = session.scalars(
        select(FeedRow.per_minute).where(FeedRow.lane_id == lane_id)
    ).all()
    return limits_of(Tariff(session.get_one(LaneRow, lane_id).tariff), asked)


def limits_of(tariff: Tariff, asked: Sequence[int | None]) -> Limits:
    """Return the same for what its accounts are paced at, each; None: as usual."""
    usual = budgets.usual_pace(tariff)
    paces = [usual if each is None else each for each in asked]
    return budgets.limits(min(filter(None, paces), default=0), tariff)


def spend(session: Session, lane_id: UUID, cost: Cost) -> None:
    """Charge a mailbox for a call that no claim has charged it for."""
    lane = lanes.lock_lane(session, lane_id)
    lane.spent = budgets.spend(lane.spent, cost, clock.now())


def give_back(session: Session, lane_id: UUID, cost: Cost) -> None:
    """Take back a charge for what surely did not happen."""
    lane = lanes.lock_lane(session, lane_id)
    lane.spent = budgets.give_back(lane.spent, cost)


def afford(session: Session, lane_id: UUID, cost: Cost) -> timedelta:
    """Charge a mailbox for what follows, if it may spend so much now.

    Returns how long it has to wait for that; nothing is charged then. Some bytes are
    left for what is claimed meanwhile.
    """
    lane, now = lanes.lock_lane(session, lane_id), clock.now()
    most = dict(limits(session, lane_id))
    if budgets.BYTES.name in most:
        most[budgets.BYTES.name] -= budgets.RESERVE
    fits_at = budgets.fits_at(lane.spent, cost, most, now)
    if fits_at <= now:
        lane.spent = budgets.spend(lane.spent, cost, now)
    return fits_at - now
