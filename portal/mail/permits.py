"""Permits: what is held because its account lacks something goes once that is given."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.errors import Need
from portal.mail import lanes
from portal.mail.journal import Event, Line
from portal.mail.outbox import NEEDY, MessageRow, State, many


def grant(session: Session, account_id: UUID, need: Need, by: str) -> int:
    """Send what was held for want of this; return how many messages.

    In the transaction that gives it to the account.
    """
    # Mailbox and account come before their messages, as when one is claimed.
    lanes.lock(session, account_id)
    here = _held_for(account_id, need)
    many.tell(session, Line(event=Event.RESUMED, reason=f"{by} enabled {need}."), here)
    now = clock.now()
    queued = {"state": State.QUEUED, "reason": "", "due_at": now, "resumed_at": now}
    return many.change(session, here, queued | {"needs": ""})


def count(session: Session, account_id: UUID, need: Need) -> int:
    """Count what is held for want of this."""
    held = select(func.count()).where(*_held_for(account_id, need))
    return session.scalar(held) or 0


def counts(session: Session, need: Need) -> dict[UUID, int]:
    """Count the same for each account that has some."""
    counted = select(MessageRow.account_id, func.count()).where(*_held(need))
    found = session.execute(counted.group_by(MessageRow.account_id))
    return dict(found.all())


def _held_for(account_id: UUID, need: Need) -> many.Where:
    return *_held(need), MessageRow.account_id == account_id


def _held(need: Need) -> many.Where:
    # The first is what the index says of all that it holds.
    return NEEDY, MessageRow.needs == need, MessageRow.state == State.HELD
