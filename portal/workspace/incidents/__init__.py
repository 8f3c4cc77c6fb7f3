"""Incidents: one for each trouble, however many messages met it.

At most one is open of each kind and subject. The watch alone opens and closes them, by
comparing what is wrong with what is written here. What a door sees apart from the rest
is over when none has seen it for an hour.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal import clock, db
from portal.workspace.incidents import alerts, stages
from portal.workspace.incidents.incident import (
    KEPT,
    Condition,
    Incident,
    IncidentRow,
    Kind,
    View,
    over,
    told,
    write,
)
from portal.workspace.incidents.stages import CALM, Stage

__all__ = [
    "KEPT",
    "Condition",
    "Incident",
    "Kind",
    "View",
    "compare",
    "ended",
    "going_on",
    "settled",
    "trim",
]

BATCH = 500
STEPPED = frozenset({Kind.EXPIRY})  # are told of at each step, and not every day


def going_on(session: Session) -> list[Incident]:
    """Return what is open, the oldest first."""
    return [told(row) for row in _open(session)]


def ended(session: Session, limit: int) -> list[Incident]:
    """Return what is over, the latest beginning first."""
    closed = select(IncidentRow).where(IncidentRow.closed_at.is_not(None))
    rows = session.scalars(closed.order_by(IncidentRow.id.desc()).limit(limit))
    return [told(row) for row in rows]


def settled(
    session: Session, found: Sequence[Condition], view: View = View.WHOLE
) -> bool:
    """Tell whether everything is written down, and everybody told, for now."""
    known = {each.condition: each for each in going_on(session)}
    if not known.keys() >= {*found}:
        return False
    ours = [known.pop(condition) for condition in {*found}]
    due = any(_due(each) or each.unsaid for each in ours)
    return not (due or any(over(each, view) for each in known.values()))


def compare(
    session: Session, found: Sequence[Condition], view: View = View.WHOLE
) -> None:
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
        if over(told(row), view):
            _end(session, row)


def trim(session: Session, before: datetime) -> int:
    """Forget some of what was over before a time; return 0 when there is no more."""
    closed = select(IncidentRow.id).where(IncidentRow.closed_at < before).limit(BATCH)
    gone = delete(IncidentRow).where(IncidentRow.id.in_(closed))
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
    stage = Stage.REMINDER if further else _due(told(row))
    if stage:
        alerts.raise_(session, row.id, stage)
        row.reminded_at = clock.now()
        if stage == Stage.OPENED:
            row.announced, row.announced_at = True, row.reminded_at


def _due(incident: Incident) -> Stage | None:
    """Return what somebody has to be told, now that it goes on."""
    last = incident.reminded_at if incident.announced else incident.announced_at
    stage = stages.due(last, announced=incident.announced)
    stepped = incident.condition.kind in STEPPED
    return None if stepped and stage == Stage.REMINDER else stage


def _end(session: Session, row: IncidentRow) -> None:
    # Another machine opened it, whose clock may be ahead.
    row.closed_at = max(clock.now(), row.opened_at)
    if row.announced:
        alerts.raise_(session, row.id, Stage.RECOVERED)
    row.announced = False
