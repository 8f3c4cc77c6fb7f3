"""Lanes: the mailboxes that are charged, and which account feeds which.

Microsoft counts by mailbox, so each mailbox is one lane with its own limits, however
many accounts, workers and machines use it; whoever signs in at an SMTP server is one
too. One row of `feed` holds a whole account: its messages stay queued, shown as held.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, db
from portal.errors import advice
from portal.explanations.own import NOT_CONNECTED
from portal.mail.lanes.budgets import Spent, Tariff

PROBE_SOON = timedelta(minutes=15)  # between the first probes of a held account
UNATTENDED = timedelta(hours=1)  # without a worker; longer than any restart


class LaneRow(db.Table):
    """A mailbox: what it was charged lately, and how long it rests."""

    __tablename__ = "lane"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    # "<tid>/<oid>"; by application permission an address, or "application/<account>";
    # "smtp/<host>:<port>/<user>".
    key: Mapped[str] = mapped_column(unique=True)
    in_flight: Mapped[int]  # how many requests at once
    tariff: Mapped[str] = mapped_column(server_default="graph", default=Tariff.GRAPH)
    paused_until: Mapped[datetime | None]  # by Microsoft
    rests_until: Mapped[datetime | None]  # for want of budget; looked at again then
    spent: Mapped[Spent] = mapped_column(JSON, server_default="{}", default=dict)
    failures: Mapped[int] = mapped_column(server_default="0", default=0)  # in a row
    claimed_at: Mapped[datetime | None]  # never goes back
    failed_at: Mapped[datetime | None]  # what was claimed until then fails together
    failed_reason: Mapped[str] = mapped_column(server_default="", default="")
    failed_cause: Mapped[str] = mapped_column(server_default="", default="")


class FeedRow(db.Table):
    """An account: the lane that it feeds, and whether it is held."""

    __tablename__ = "feed"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    lane_id: Mapped[UUID | None] = mapped_column(ForeignKey("lane.id"), index=True)
    held_reason: Mapped[str | None]
    held_cause: Mapped[str] = mapped_column(server_default="", default="")
    held_command: Mapped[str] = mapped_column(server_default="", default="")
    held_since: Mapped[datetime | None]
    probe_at: Mapped[datetime | None]
    probes: Mapped[int]
    per_minute: Mapped[int | None]  # its pace; None: as the environment says
    flowing_since: Mapped[datetime | None]  # nobody was waited for since
    attended_at: Mapped[datetime | None]  # when a worker was last there for it


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Why an account's messages wait; `since` is None if it is not connected."""

    reason: str
    cause: str = ""  # the name of its explanation
    since: datetime | None = None
    command: str = ""  # what an administrator types to end it

    @property
    def advice(self) -> str:
        return advice(self.reason, self.command)


NO_CONNECTION = Hold(
    reason="The account is not connected yet.", cause=NOT_CONNECTED.name
)


def route(
    session: Session,
    account_id: UUID,
    key: str,
    in_flight: int,
    tariff: Tariff = Tariff.GRAPH,
) -> None:
    """Let an account feed the lane of this mailbox from now on.

    What it was held or closed for stays, until it is released.
    """
    db.alone(session)  # or two accounts could make the same lane at once
    lane = session.scalars(select(LaneRow).where(LaneRow.key == key)).first()
    if lane is None:
        lane = LaneRow(id=db.new_id(), key=key)
        session.add(lane)
    lane.in_flight, lane.tariff = in_flight, tariff
    session.flush()
    feed = lock(session, account_id)
    feed.lane_id, feed.flowing_since = lane.id, clock.now()
    session.flush()


def allow(session: Session, in_flight: int) -> None:
    """Let every mailbox have so many requests of Graph at once from now on."""
    others = (LaneRow.in_flight != in_flight, LaneRow.tariff == Tariff.GRAPH)
    session.execute(update(LaneRow).where(*others).values(in_flight=in_flight))


def hold(session: Session, account_id: UUID, why: Hold) -> bool:
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
    feed.held_reason, feed.held_cause = why.reason, why.cause
    feed.held_command = why.command
    return fresh


def close(session: Session, account_id: UUID, reason: str = "") -> None:
    """Let an account feed no lane: its messages wait until it is routed again.

    They are shown as held for this reason, or for want of a connection.
    """
    feed = lock(session, account_id)
    feed.lane_id = feed.probe_at = None
    feed.held_reason, feed.held_cause, feed.held_command = reason or None, "", ""
    feed.held_since, feed.probes = clock.now() if reason else None, 0


def release(session: Session, account_id: UUID) -> bool:
    """Let an account's messages go again; return whether it was held.

    Nothing is released without a lane: what was closed is opened by `route` alone.
    """
    free = {
        "held_reason": None,
        "held_cause": "",
        "held_command": "",
        "held_since": None,
        "probe_at": None,
        "probes": 0,
        "flowing_since": clock.now(),
    }
    freed = session.execute(
        update(FeedRow)
        .where(
            FeedRow.account_id == account_id,
            FeedRow.lane_id.is_not(None),
            FeedRow.held_reason.is_not(None),
        )
        .values(**free)
        .returning(FeedRow.account_id)
    )
    return freed.first() is not None


def probe(session: Session, account_id: UUID) -> bool:
    """Let a held account try one message now, for what held it may be over.

    Return whether it may: what was closed, or is not held, tries nothing.
    """
    held = (FeedRow.account_id == account_id, FeedRow.held_reason.is_not(None))
    tried = session.execute(
        update(FeedRow)
        .where(*held, FeedRow.lane_id.is_not(None))
        .values(probe_at=clock.now())
        .returning(FeedRow.account_id)
    )
    return tried.first() is not None


def holding(session: Session, account_id: UUID) -> Hold | None:
    """Tell why an account's messages wait for a human; None if they do not."""
    feed = session.get(FeedRow, account_id)
    return _hold(feed) if feed else NO_CONNECTION


def holds(session: Session, account_ids: Collection[UUID]) -> dict[UUID, Hold]:
    """Tell the same of many accounts: of those alone whose messages wait."""
    found = {feed.account_id: _hold(feed) for feed, _ in feeds(session)}
    told = {each: found.get(each, NO_CONNECTION) for each in account_ids}
    return {each: hold for each, hold in told.items() if hold}


@db.once
def feeds(session: Session) -> list[tuple[FeedRow, LaneRow | None]]:
    """Return all accounts and their lanes; those of a lane are beside each other."""
    both = select(FeedRow, LaneRow).outerjoin(LaneRow, LaneRow.id == FeedRow.lane_id)
    rows = session.execute(both.order_by(FeedRow.lane_id, FeedRow.account_id))
    return [(feed, lane) for feed, lane in rows]


def _hold(feed: FeedRow) -> Hold | None:
    if feed.held_reason is None:
        return NO_CONNECTION if feed.lane_id is None else None
    return Hold(
        reason=feed.held_reason,
        cause=feed.held_cause,
        since=feed.held_since,
        command=feed.held_command,
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


def fail(
    session: Session, lane_id: UUID, claimed_at: datetime | None, why: Hold
) -> int:
    """Count another failure of a mailbox; return how many there were in a row.

    Requests that were on their way together fail together, and count once: those that
    were claimed before the failure was counted.
    """
    lane = lock_lane(session, lane_id)
    if not (claimed_at and lane.failed_at and claimed_at <= lane.failed_at):
        lane.failures += 1
        lane.failed_at = lane.claimed_at
        lane.failed_reason, lane.failed_cause = why.reason, why.cause
    return lane.failures


def recover(session: Session, lane_id: UUID) -> None:
    """Note that a mailbox that had failed works again."""
    session.execute(update(LaneRow).where(LaneRow.id == lane_id).values(failures=0))


def attend(session: Session) -> list[UUID]:
    """Say that a worker is there; return the accounts that had been without one.

    Their time to live did not run meanwhile: nobody could have sent their mail.
    """
    now = clock.now()
    long_ago = FeedRow.attended_at < now - UNATTENDED
    alone = or_(FeedRow.attended_at.is_(None), long_ago)
    left = session.execute(
        update(FeedRow)
        .where(alone)
        .values(flowing_since=now)
        .returning(FeedRow.account_id)
    )
    unattended = list(left.scalars())
    session.execute(update(FeedRow).values(attended_at=now))
    return unattended


def pace(session: Session, account_id: UUID, per_minute: int | None) -> None:
    """Let an account send so many messages a minute; None: as the environment says."""
    lock(session, account_id).per_minute = per_minute


def paced(session: Session, account_id: UUID) -> int | None:
    """Return the pace that an account was given, 0 for none; None if it was not."""
    feed = session.get(FeedRow, account_id)
    return feed.per_minute if feed else None


def lock_lane(session: Session, lane_id: UUID) -> LaneRow:
    """Keep others from charging a mailbox until this transaction ends.

    Always before an account and its messages, or each could wait for the other.
    """
    # So that an account may be routed to it meanwhile.
    lock: Any = {"key_share": True}
    return session.get_one(LaneRow, lane_id, with_for_update=lock)


def lock(session: Session, account_id: UUID) -> FeedRow:
    """Keep others from changing how an account stands, until this transaction ends."""
    feed = session.get(FeedRow, account_id, with_for_update=True)
    if feed is None:
        feed = FeedRow(account_id=account_id, probes=0)
        session.add(feed)
        session.flush()
    return feed
