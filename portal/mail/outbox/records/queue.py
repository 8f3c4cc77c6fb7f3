"""The end of the queue: what has waited longest for a worker, and why."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.mail.outbox import MessageRow, Priority


def waiting_since(session: Session, account_id: UUID) -> datetime | None:
    """Tell since when an account's oldest message has been due; None if none is."""
    due = select(func.min(MessageRow.due_at)).where(
        MessageRow.account_id == account_id, MessageRow.due_at.is_not(None)
    )
    # One priority after the other, each read from its own end of the index.
    oldest = [session.scalar(due.where(MessageRow.priority == p)) for p in Priority]
    return min(filter(None, oldest), default=None)


def excuse(session: Session, account_id: UUID) -> str:
    """Tell why an account's next message has not left yet; "" if nobody knows."""
    first = (
        select(MessageRow.reason)
        .where(MessageRow.account_id == account_id, MessageRow.due_at.is_not(None))
        .order_by(MessageRow.priority, MessageRow.due_at)
        .limit(1)
    )
    return session.scalar(first) or ""
