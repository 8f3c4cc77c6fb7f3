"""The end of a message's time: what it was given, and the five days of every message.

The five days run while it could be sent: an account that is held, or that no worker is
there for, waits for somebody, and what it could not send then is set aside instead
(see `overdue`). `expires_at` counts all the while.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, TextClause, or_, select
from sqlalchemy.orm import Session

from portal import clock
from portal.errors import advice, parted
from portal.explanations import Explanation
from portal.explanations.own import FIVE_DAYS, OVER
from portal.mail import lanes, outbox
from portal.mail.journal import Event, Line
from portal.mail.lanes import FeedRow
from portal.mail.outbox import UNSENT, MessageRow, State, overdue

Condition = ColumnElement[bool] | TextClause
SWEEP = 100  # messages in one transaction
BEFORE = "Here is what kept it back."


def expire(session: Session) -> list[UUID]:
    """Fail what was not sent in its time; return the account of each."""
    now = clock.now()
    # A draft that may be on its way is not given up while it settles.
    settled = or_(
        MessageRow.draft_begun.is_(False),
        MessageRow.due_at.is_(None),
        MessageRow.due_at <= now,
    )
    return _end(session, OVER, MessageRow.expires_at <= now, UNSENT, settled)


def outlive(session: Session) -> list[UUID]:
    """Fail what has been tried for five days; return the account of each."""
    born = clock.now() - overdue.LIFE
    return _end(
        session,
        FIVE_DAYS,
        MessageRow.state == State.QUEUED,
        MessageRow.due_at.is_not(None),
        MessageRow.accepted_at < born,
        or_(MessageRow.resumed_at.is_(None), MessageRow.resumed_at < born),
        MessageRow.account_id.in_(
            select(FeedRow.account_id).where(
                FeedRow.lane_id.is_not(None),
                FeedRow.held_reason.is_(None),
                FeedRow.flowing_since <= born,
            )
        ),
    )


def attend(session: Session) -> None:
    """Say that a worker is there, and set aside what grew old while none was."""
    for account_id in lanes.attend(session):
        overdue.set_aside(session, account_id)


def _end(session: Session, why: Explanation, *where: Condition) -> list[UUID]:
    now = clock.now()
    rows = session.scalars(
        select(MessageRow).where(*where).limit(SWEEP).with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        # What went again by policy, or began as a draft, may have arrived before.
        unsure = row.repeats > 0 or row.draft_begun
        event = Event.UNCONFIRMED if unsure else Event.EXPIRED
        line = Line(event=event, reason=_said(session, row, why), cause=why.name)
        row.state = State.UNCONFIRMED if unsure else State.FAILED
        row.due_at, row.overdue_at, row.needs = None, None, ""
        row.reason, row.cause = line.reason, line.cause
        row.finished_at = None if unsure else now
        outbox.tell(session, row, line)
    return [row.account_id for row in rows]


def _said(session: Session, row: MessageRow, why: Explanation) -> str:
    """Say that its time is over, and what had kept it back until then."""
    hold = lanes.holding(session, row.account_id)
    behind = hold if row.state == State.QUEUED else None
    before, command = parted(behind.advice if behind else row.reason)
    kept = (BEFORE, before) if before else ()
    return advice(" ".join((why.why, *kept, *why.steps)), command)
