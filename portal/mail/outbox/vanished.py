"""What vanished workers leave: looked up if it may have been sent, else taken again."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.explanations import Explanation
from portal.explanations.own import STOPPED, UNTOLD, VANISHED, VANISHED_EARLY
from portal.mail import lanes
from portal.mail.journal import Event, Line
from portal.mail.outbox import Claim, MessageRow, State, claim_of, endings

SWEEP = 100  # messages in one transaction
LOSSES = 3  # workers that a message may stop before it is held


def abandon(session: Session, worker: str) -> None:
    """End the leases of a worker that is known to be gone."""
    session.execute(
        update(MessageRow)
        .where(MessageRow.claim.is_not(None), MessageRow.worker == worker)
        .values(leased_until=clock.now())
    )


def recover(session: Session) -> int:
    """Take back what vanished workers left; return how many messages.

    What may have been sent is looked up; what surely was not goes again, unless it
    stopped one worker after the other.
    """
    over = (MessageRow.claim.is_not(None), MessageRow.leased_until <= clock.now())
    if not _lock_lanes(session, *over):
        return 0
    rows = session.scalars(
        select(MessageRow).where(*over).limit(SWEEP).with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        claim = claim_of(row)
        if row.doubted or row.began:
            endings.doubt(session, claim, _told(Event.DOUBTED, VANISHED))
        else:
            row.lost += 1
            _lose(session, claim, row.lost)
    return len(rows)


def disclaim(session: Session, worker: str, known: Collection[UUID]) -> int:
    """Take back what a worker has claimed without knowing it; return how many.

    It was never told that its claim was committed, so it has begun nothing of that;
    `known` are the messages that it is busy with.
    """
    unknown = (
        MessageRow.claim.is_not(None),
        MessageRow.worker == worker,
        MessageRow.id.not_in(known),
    )
    _lock_lanes(session, *unknown)
    rows = session.scalars(select(MessageRow).where(*unknown).with_for_update()).all()
    for row in rows:
        line = _told(Event.DEFERRED, UNTOLD)
        endings.postpone(session, claim_of(row), line)
    return len(rows)


def _lock_lanes(session: Session, *where: ColumnElement[bool]) -> bool:
    """Lock the mailboxes of these messages before them, as whoever claims does.

    Returns whether there are any.
    """
    found = session.scalars(select(MessageRow.lane_id).where(*where).distinct())
    charged = sorted(filter(None, found))
    for lane_id in charged:
        lanes.lock_lane(session, lane_id)
    return bool(charged)


def _lose(session: Session, claim: Claim, lost: int) -> None:
    if lost < LOSSES:
        endings.postpone(session, claim, _told(Event.DEFERRED, VANISHED_EARLY))
    else:
        endings.settle(session, claim, State.HELD, _told(Event.HELD, STOPPED))


def _told(event: Event, why: Explanation) -> Line:
    return Line(event=event, reason=why.sentence, cause=why.name)
