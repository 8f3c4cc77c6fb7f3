"""Lanes: the mailboxes that are charged, and which account feeds which.

Microsoft counts by mailbox, so each mailbox is one lane with its own limits, however
many accounts, workers and machines use it. One row of `feed` holds a whole account: its
messages stay queued behind it, and are shown as held.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, db
from portal.errors import advice

PROBE_SOON = timedelta(minutes=15)
PROBE_LATER = timedelta(hours=1)
PROBES_SOON = 4  # so many at the shorter distance


class LaneRow(db.Table):
    """A mailbox and its pause."""

    __tablename__ = "lane"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  # "<tid>/<oid>"
    in_flight: Mapped[int]  # how many requests at once
    paused_until: Mapped[datetime | None]


class FeedRow(db.Table):
    """An account: the lane that it feeds, and whether it is held."""

    __tablename__ = "feed"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    lane_id: Mapped[UUID | None] = mapped_column(ForeignKey("lane.id"), index=True)
    held_reason: Mapped[str | None]
    held_command: Mapped[str] = mapped_column(server_default="", default="")
    held_since: Mapped[datetime | None]
    probe_at: Mapped[datetime | None]
    probes: Mapped[int]


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Why an account's messages wait; `since` is None if it is not connected."""

    reason: str
    since: datetime | None
    command: str = ""  # what an administrator types to end it

    @property
    def advice(self) -> str:
        return advice(self.reason, self.command)


NO_CONNECTION = Hold(reason="The account is not connected yet.", since=None)


def route(session: Session, account_id: UUID, key: str, in_flight: int) -> None:
    """Let an account feed the lane of this mailbox from now on, and release it."""
    db.alone(session)  # or two accounts could make the same lane at once
    lane = session.scalars(select(LaneRow).where(LaneRow.key == key)).first()
    if lane is None:
        lane = LaneRow(id=db.new_id(), key=key)
        session.add(lane)
    lane.in_flight = in_flight
    session.flush()
    lock(session, account_id).lane_id = lane.id
    release(session, account_id)


def allow(session: Session, in_flight: int) -> None:
    """Let every mailbox have so many requests at once from now on."""
    others = LaneRow.in_flight != in_flight
    session.execute(update(LaneRow).where(others).values(in_flight=in_flight))


def hold(session: Session, account_id: UUID, reason: str, command: str = "") -> bool:
    """Hold an account; return whether it was not held before.

    What feeds no lane waits anyway, and keeps the reason that it was closed for.
    """
    feed = lock(session, account_id)
    if feed.lane_id is None:
        return False
    fresh = feed.held_reason is None
    if fresh:
        feed.held_since, feed.probes = clock.now(), 0
        feed.probe_at = clock.now() + PROBE_SOON
    feed.held_reason, feed.held_command = reason, command
    return fresh


def close(session: Session, account_id: UUID, reason: str = "") -> None:
    """Let an account feed no lane: its messages wait until it is routed again.

    They are shown as held for this reason, or for want of a connection.
    """
    feed = lock(session, account_id)
    feed.lane_id = feed.probe_at = None
    feed.held_reason, feed.held_command = reason or None, ""
    feed.held_since, feed.probes = clock.now() if reason else None, 0


def release(session: Session, account_id: UUID) -> bool:
    """Let an account's messages go again; return whether it was held.

    Nothing is released without a lane: what was closed is opened by `route` alone.
    """
    freed = session.execute(
        update(FeedRow)
        .where(
            FeedRow.account_id == account_id,
            FeedRow.lane_id.is_not(None),
            FeedRow.held_reason.is_not(None),
        )
        .values(
            held_reason=None, held_command="", held_since=None, probe_at=None, probes=0
        )
        .returning(FeedRow.account_id)
    )
    return freed.first() is not None


def probe(session: Session, account_id: UUID) -> None:
    """Let a held account try one message now: what held it may be over."""
    session.execute(
        update(FeedRow)
        .where(FeedRow.account_id == account_id, FeedRow.held_reason.is_not(None))
        .values(probe_at=clock.now())
    )


def holding(session: Session, account_id: UUID) -> Hold | None:
    """Tell why an account's messages wait for a human; None if they do not."""
    feed = session.get(FeedRow, account_id)
    if feed is None or (feed.lane_id is None and feed.held_reason is None):
        return NO_CONNECTION
    if feed.held_reason is None:
        return None
    return Hold(
        reason=feed.held_reason, since=feed.held_since, command=feed.held_command
    )


def pause(session: Session, lane_id: UUID, until: datetime) -> None:
    """Start nothing on a lane before a time; a longer pause stays as it is."""
    session.execute(
        update(LaneRow)
        .where(
            LaneRow.id == lane_id,
            or_(LaneRow.paused_until.is_(None), LaneRow.paused_until < until),
        )
        .values(paused_until=until)
    )


def count_probe(session: Session, account_id: UUID) -> None:
    """A held account's probe is on its way; the next one waits its time."""
    feed = lock(session, account_id)
    feed.probes += 1
    distance = PROBE_SOON if feed.probes < PROBES_SOON else PROBE_LATER
    feed.probe_at = clock.now() + distance


def lock(session: Session, account_id: UUID) -> FeedRow:
    """Keep others from changing how an account stands, until this transaction ends."""
    feed = session.get(FeedRow, account_id, with_for_update=True)
    if feed is None:
        feed = FeedRow(account_id=account_id, probes=0)
        session.add(feed)
        session.flush()
    return feed
