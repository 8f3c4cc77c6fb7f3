"""Both ends of the queue: what has waited longest, and what has left it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.mail.outbox import KEPT, MessageRow, Priority, State


def waiting_since(session: Session, account_id: UUID) -> datetime | None:
    """Tell since when an account's oldest message has been due; None if none is."""
    due = select(func.min(MessageRow.due_at)).where(
        MessageRow.account_id == account_id, MessageRow.due_at.is_not(None)
    )
    # One priority after the other, each read from its own end of the index.
    oldest = [session.scalar(due.where(MessageRow.priority == p)) for p in Priority]
    return min(filter(None, oldest), default=None)


def sent_since(session: Session, account_id: UUID, moment: datetime) -> bool:
    """Tell whether something of an account was sent after that."""
    sent = select(MessageRow.id).where(
        MessageRow.account_id == account_id,
        MessageRow.state == State.SENT,
        # What was erased since is too old to tell anything.
        MessageRow.finished_at > moment,
        KEPT,
    )
    return session.scalars(sent.limit(1)).first() is not None
