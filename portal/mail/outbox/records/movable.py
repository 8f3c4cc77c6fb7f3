"""Which messages may leave by another account, as far as they are concerned."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.mail.outbox import MOVABLE, MessageRow, State

WAITING = (
    MOVABLE,
    MessageRow.state == State.QUEUED,
    MessageRow.doubted.is_(False),
    MessageRow.fallback_of.is_(None),
)


def movable(session: Session, message_id: UUID) -> bool:
    """Tell whether a message waits that may leave by another account."""
    this = select(MessageRow.id).where(MessageRow.id == message_id, *WAITING)
    return session.scalar(this) is not None
