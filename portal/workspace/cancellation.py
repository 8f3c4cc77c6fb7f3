"""Cancelling a message: with it ends the trial that it was sent for."""

from uuid import UUID

from sqlalchemy.orm import Session

from portal.mail.outbox import decisions, records
from portal.workspace import accounts


def cancel(session: Session, message_id: UUID, by: str) -> None:
    """Never send this message; raise NotFound, or Conflict if it may be sent now."""
    # Locked before its message, as whoever settles that does.
    accounts.end_trial(session, records.find(session, message_id).account_id)
    decisions.cancel(session, message_id, by)
