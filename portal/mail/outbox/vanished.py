"""What vanished workers leave: looked up if it may have been sent, else taken again."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.mail.journal import Event, Line
from portal.mail.outbox import Claim, MessageRow, State, claim_of, endings

SWEEP = 100  # messages in one transaction
LOSSES = 3  # workers that a message may stop before it is held
STOPPED = "It stopped the worker three times before anything was sent."


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
    rows = session.scalars(
        select(MessageRow)
        .where(MessageRow.claim.is_not(None), MessageRow.leased_until <= clock.now())
        # Each gives its mailbox something back, and all in one order.
        .order_by(MessageRow.lane_id)
        .limit(SWEEP)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        claim = claim_of(row)
        if row.doubted or row.began:
            reason = "The worker vanished after sending may have begun."
            endings.doubt(session, claim, Line(event=Event.DOUBTED, reason=reason))
        else:
            row.lost += 1
            _lose(session, claim, row.lost)
    return len(rows)


def _lose(session: Session, claim: Claim, lost: int) -> None:
    if lost < LOSSES:
        reason = "The worker vanished before anything was sent; it goes again."
        endings.postpone(session, claim, Line(event=Event.DEFERRED, reason=reason))
    else:
        line = Line(event=Event.HELD, reason=STOPPED)
        endings.settle(session, claim, State.HELD, line)
