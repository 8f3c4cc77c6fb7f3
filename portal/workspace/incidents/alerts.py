"""Alerts: what is told of an incident, one row for each channel that it goes to.

A row is there as soon as its incident is, in the same transaction, and is tried until
the channel takes it. Who takes one has it for a while; if nothing comes of it, it is
taken again: so a channel may hear twice, under the same id, and never not at all.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    exists,
    func,
    select,
    text,
    true,
    update,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from portal import clock, config, db
from portal.workspace.incidents import channels
from portal.workspace.incidents.incident import Condition, IncidentRow, told
from portal.workspace.incidents.stages import Stage

WAITING = text("due_at IS NOT NULL")
LEASE = timedelta(minutes=2)  # longer than any channel may take
LIFE = timedelta(hours=24)
RESTS = tuple(timedelta(seconds=each) for each in (10, 30, 60, 120, 300, 600, 1800))
LONGEST_REST = timedelta(hours=1)
AFTERWARDS = timedelta(microseconds=1)


HEADINGS = {
    Stage.OPENED: "{title}",
    Stage.REMINDER: "Still so: {title}",
    Stage.RECOVERED: "Over: {title}",
    Stage.TEST: "{title}",
}


class AlertRow(db.Table):
    """One alert for one channel; what it says stands with its incident."""

    __tablename__ = "alert"
    __table_args__ = (
        Index("ix_alert_waiting", "due_at", **db.only(WAITING)),
        Index("ix_alert_told", "incident_id", "channel_id", "id"),
        Index("ix_alert_channel_id", "channel_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID]  # the same for every channel, and each time it is tried
    incident_id: Mapped[UUID] = mapped_column(
        ForeignKey("incident.id", ondelete="CASCADE")
    )
    channel_id: Mapped[UUID] = mapped_column(
        ForeignKey("channel.id", ondelete="CASCADE")
    )
    stage: Mapped[str]
    raised_at: Mapped[datetime]
    due_at: Mapped[datetime | None]  # None: delivered, or given up
    tries: Mapped[int]


@dataclass(frozen=True, kw_only=True)
class Event:
    """What is to be told, whichever channel it goes by."""

    id: UUID
    stage: Stage
    condition: Condition
    opened_at: datetime
    closed_at: datetime | None = None

    @property
    def heading(self) -> str:
        """Say in a line what it is about."""
        return HEADINGS[self.stage].format(title=self.condition.title)


@dataclass(frozen=True, kw_only=True)
class Alert:
    """An event on its way to one channel; who holds it has to say what came of it."""

    id: UUID
    channel_id: UUID
    event: Event
    tries: int = field(repr=False)
    last_try: bool  # after this one it is given up


def raise_(session: Session, incident_id: UUID, stage: Stage) -> None:
    """Have something told of an incident, to every channel there is."""
    event_id, now = db.new_id(), clock.now()
    raised_at = _after_all(session, incident_id, now)
    for channel_id in channels.ids(session):
        row = AlertRow(
            id=db.new_id(),
            event_id=event_id,
            incident_id=incident_id,
            channel_id=channel_id,
            stage=stage,
            raised_at=raised_at,
            due_at=now,
            tries=0,
        )
        session.add(row)


def _after_all(session: Session, incident_id: UUID, now: datetime) -> datetime:
    """Return a moment after whatever was raised of an incident, by any clock."""
    before = AlertRow.incident_id == incident_id
    last = session.scalar(select(func.max(AlertRow.raised_at)).where(before))
    return max(now, last + AFTERWARDS) if last else now


def waits(session: Session) -> bool:
    """Tell whether one is due."""
    due = select(AlertRow.id).where(AlertRow.due_at <= clock.now(), _ours()).limit(1)
    return session.scalar(due) is not None


def take(session: Session, limit: int) -> list[Alert]:
    """Take what is due, the oldest first; each is the taker's until its lease ends.

    No channel hears the end of an incident before its beginning.
    """
    now, other = clock.now(), aliased(AlertRow)
    earlier = exists().where(
        other.incident_id == AlertRow.incident_id,
        other.channel_id == AlertRow.channel_id,
        other.raised_at < AlertRow.raised_at,
        other.due_at.is_not(None),
    )
    rows = session.execute(
        select(AlertRow, IncidentRow)
        .join(IncidentRow, IncidentRow.id == AlertRow.incident_id)
        .where(AlertRow.due_at <= now, _ours(), ~earlier)
        .order_by(AlertRow.raised_at, AlertRow.id)
        .limit(limit)
        .with_for_update(of=AlertRow, skip_locked=True)
    ).all()
    for row, _ in rows:
        row.due_at, row.tries = now + LEASE, row.tries + 1
    return [_told(row, incident) for row, incident in rows]


def deliver(session: Session, alert: Alert) -> None:
    """Write down that its channel took it."""
    if _settle(session, alert, None):
        channels.note(session, alert.channel_id, "")


def postpone(
    session: Session, alert: Alert, why: str, after: timedelta | None = None
) -> None:
    """Try it again later, unless its time is over; `after` is what the channel asks."""
    due_at = None if alert.last_try else clock.now() + rest(alert.tries, after)
    if _settle(session, alert, due_at):
        channels.note(session, alert.channel_id, why, given_up=alert.last_try)


def rest(tries: int, after: timedelta | None) -> timedelta:
    """Return how long a channel is left alone that has been tried so many times."""
    own = RESTS[tries - 1] if tries <= len(RESTS) else LONGEST_REST
    return min(max(own, after or own), LONGEST_REST)


def drop(session: Session, alert: Alert) -> None:
    """Tell it to this channel no more: it is about the channel itself."""
    _settle(session, alert, None)


def _ours() -> ColumnElement[bool]:
    """Leave what goes to an address that is set on other machines only."""
    named = bool(config.current().alert_webhook)
    return true() if named else AlertRow.channel_id != channels.ENVIRONMENT


def _settle(session: Session, alert: Alert, due_at: datetime | None) -> bool:
    """Let go of an alert; False if somebody else has taken it meanwhile."""
    settled = session.execute(
        update(AlertRow)
        .where(AlertRow.id == alert.id, AlertRow.tries == alert.tries)
        .values(due_at=due_at)
        .returning(AlertRow.id)
    )
    return settled.first() is not None


def _told(row: AlertRow, incident: IncidentRow) -> Alert:
    known, recovered = told(incident), row.stage == Stage.RECOVERED
    event = Event(
        id=row.event_id,
        stage=Stage(row.stage),
        condition=known.condition,
        opened_at=known.opened_at,
        closed_at=known.closed_at if recovered else None,
    )
    return Alert(
        id=row.id,
        channel_id=row.channel_id,
        event=event,
        tries=row.tries,
        last_try=row.raised_at <= clock.now() - LIFE,
    )
