"""Incidents: one for each trouble, however many messages met it.

At most one is open of each kind and subject. The watch alone opens and closes them, by
comparing what is wrong with what is written here. What comes back soon is the same
incident, and is announced again only after a while: who is told ten times looks away.
What a machine sees apart from the others is over when none has seen it for an hour.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal import clock, db
from portal.workspace.incidents import alerts
from portal.workspace.incidents.alerts import Stage
from portal.workspace.incidents.incident import (
    KEPT,
    Condition,
    Incident,
    IncidentRow,
    Kind,
    told,
    write,
)

__all__ = [
    "CALM",
    "KEPT",
    "REMINDER",
    "Condition",
    "Incident",
    "Kind",
    "compare",
    "ended",
    "going_on",
    "settled",
    "trim",
]

CALM = timedelta(minutes=10)  # between two announcements of the same trouble
BATCH = 500
REMINDER = timedelta(hours=24)
STEPPED = frozenset({Kind.EXPIRY})  # are told of at each step, and not every day


def going_on(session: Session) -> list[Incident]:
    """Return what is open, the oldest first."""
    return [told(row) for row in _open(session)]


def ended(session: Session, limit: int) -> list[Incident]:
    """Return what is over, the latest beginning first."""
    over = select(IncidentRow).where(IncidentRow.closed_at.is_not(None))
    rows = session.scalars(over.order_by(IncidentRow.id.desc()).limit(limit))
    return [told(row) for row in rows]


def settled(session: Session, found: Sequence[Condition]) -> bool:
    """Tell whether everything is written down, and everybody told, for now."""
    known = {each.condition: each for each in going_on(session)}
    if not known.keys() >= {*found}:
        return False
    ours = [known.pop(condition) for condition in {*found}]
    due = any(_due(each) or each.unsaid for each in ours)
    return not due and all(each.elsewhere for each in known.values())


def compare(session: Session, found: Sequence[Condition]) -> None:
    """Open what is new, close what is over, and have both told.

    Who found it is alone in the database meanwhile (`db.alone`), or it would be older
    than what another has written.
    """
    known = {(row.kind, row.subject): row for row in _open(session)}
    for condition in found:
        key = (str(condition.kind), condition.subject)
        row = known.pop(key, None) or _begun(session, condition)
        _go_on(session, row, condition)
    for row in known.values():
        if not told(row).elsewhere:
            _end(session, row)


def trim(session: Session, before: datetime) -> int:
    """Forget some of what was over before a time; return 0 when there is no more."""
    over = select(IncidentRow.id).where(IncidentRow.closed_at < before).limit(BATCH)
    gone = delete(IncidentRow).where(IncidentRow.id.in_(over))
    return len(session.execute(gone.returning(IncidentRow.id)).all())


def _open(session: Session) -> Sequence[IncidentRow]:
    going = select(IncidentRow).where(IncidentRow.closed_at.is_(None))
    return session.scalars(going.order_by(IncidentRow.id)).all()


def _begun(session: Session, condition: Condition) -> IncidentRow:
    """Return a new incident, or the last one if it was over just now."""
    now = clock.now()
    last = session.scalars(
        select(IncidentRow)
        .where(
            IncidentRow.kind == condition.kind,
            IncidentRow.subject == condition.subject,
        )
        .order_by(IncidentRow.id.desc())
        .limit(1)
    ).first()
    if last is not None and last.closed_at and last.closed_at > now - CALM:
        last.closed_at = None
        return last
    row = IncidentRow(
        id=db.new_id(),
        kind=condition.kind,
        subject=condition.subject,
        opened_at=now,
        announced=False,
    )
    session.add(row)
    return row


def _go_on(session: Session, row: IncidentRow, condition: Condition) -> None:
    further = row.announced and condition.urgency > row.urgency
    write(row, condition)
    session.flush()
    incident = told(row)
    if further or _due(incident):
        stage = Stage.REMINDER if incident.announced else Stage.OPENED
        alerts.raise_(session, row.id, stage)
        row.reminded_at = clock.now()
        if stage == Stage.OPENED:
            row.announced, row.announced_at = True, row.reminded_at


def _due(incident: Incident) -> bool:
    """Tell whether somebody has to be told, or told again, that it goes on."""
    now = clock.now()
    if not incident.announced:
        last = incident.announced_at
        return last is None or last <= now - CALM
    last = incident.reminded_at
    daily = incident.condition.kind not in STEPPED
    return daily and last is not None and last <= now - REMINDER


def _end(session: Session, row: IncidentRow) -> None:
    row.closed_at = clock.now()
    if row.announced:
        alerts.raise_(session, row.id, Stage.RECOVERED)
    row.announced = False
