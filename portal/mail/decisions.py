"""What a human decides about one message: again, cancel, it arrived, sent anew.

Each is refused where it would not be true: what may have been sent is never simply sent
again, and what was sent is never cancelled.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from portal import clock
from portal.errors import Conflict, NotFound
from portal.mail import journal, lanes, outbox
from portal.mail.journal import Event, Line
from portal.mail.outbox import MessageRow, Priority, State

# What may be sent anew: whatever has ended, and what nobody can find out.
ENDED = frozenset({State.SENT, State.FAILED, State.CANCELLED, State.UNCONFIRMED})
RETRIED = frozenset({State.QUEUED, State.HELD, State.FAILED})
CANCELLED = frozenset({State.QUEUED, State.HELD})
WHY_NOT = {
    State.QUEUED: "It waits to be sent.",
    State.SENDING: "It is being sent, or looked up; please wait for how that ends.",
    State.SENT: "It was sent.",
    State.HELD: "It is held.",
    State.UNCONFIRMED: "It may have been sent. Please look into the mailbox's Sent"
    " Items, then say that it arrived, or resend it.",
    State.FAILED: "It has failed.",
    State.CANCELLED: "It was cancelled.",
}
ERASED = "Its content was erased, as old content is; it cannot be sent again."
SUPERSEDED = "It was sent again already, as {id}."


@dataclass(frozen=True, kw_only=True)
class Copy:
    """What a message that is sent anew takes over, beside its content."""

    account_id: UUID
    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    subject: str
    priority: Priority
    tags: tuple[str, ...]


def retry(session: Session, message_id: UUID, by: str) -> None:
    """Send this very message now, whether it waits, is held, or has failed.

    A held account tries it as its probe. Raises NotFound; Conflict where that cannot
    be.
    """
    row = _locked(session, message_id, RETRIED)
    _check_sendable(row)
    now = clock.now()
    row.state, row.due_at, row.finished_at = State.QUEUED, now, None
    row.overdue_at, row.resumed_at = None, now
    row.faults = row.lost = 0
    session.flush()
    outbox.hasten(session, message_id)
    lanes.probe(session, row.account_id)
    _tell(session, row, Event.RESUMED, f"{by} sent it on.")


def cancel(session: Session, message_id: UUID, by: str) -> None:
    """Never send this message; raise NotFound, or Conflict if it may have been sent."""
    row = _locked(session, message_id, CANCELLED)
    row.state, row.finished_at = State.CANCELLED, clock.now()
    row.due_at = row.overdue_at = None
    _tell(session, row, Event.CANCELLED, f"{by} cancelled it.")


def arrived(session: Session, message_id: UUID, by: str) -> None:
    """Settle what nobody could find out: it was sent. Raises NotFound, Conflict."""
    row = _locked(session, message_id, {State.UNCONFIRMED})
    row.state, row.finished_at = State.SENT, clock.now()
    _tell(session, row, Event.ARRIVED, f"{by} says that it arrived.")


def resendable(session: Session, message_id: UUID) -> Copy:
    """Return what a copy of this message takes over; raise NotFound, Conflict."""
    row = _locked(session, message_id, ENDED)
    _check_copyable(row)
    return Copy(
        account_id=row.account_id,
        sender=row.sender,
        to=tuple(row.to),
        cc=tuple(row.cc),
        bcc=tuple(row.bcc),
        subject=row.subject,
        priority=Priority(row.priority),
        tags=tuple(row.tags),
    )


def supersede(session: Session, message_id: UUID, copy_id: UUID, by: str) -> None:
    """Note that a copy goes instead; for the transaction that puts the copy.

    Whoever resends twice at once does it once: the second is refused.
    """
    row = _locked(session, message_id, ENDED)
    _check_copyable(row)
    row.resent_as = copy_id
    row.finished_at = row.finished_at or clock.now()
    _tell(session, row, Event.RESENT, f"{by} sent it again, as {copy_id}.")


def _check_copyable(row: MessageRow) -> None:
    if not row.kept:
        raise Conflict(ERASED)
    if row.resent_as is not None:
        raise Conflict(SUPERSEDED.format(id=row.resent_as))


def _check_sendable(row: MessageRow) -> None:
    if not row.kept:
        raise Conflict(ERASED)
    if row.expires_at and row.expires_at <= clock.now():
        raise Conflict("The time that it was given is over; please resend it instead.")


def _locked(
    session: Session, message_id: UUID, states: Collection[State]
) -> MessageRow:
    """Return a message that nobody else changes before this transaction ends."""
    row = session.get(MessageRow, message_id, with_for_update=True)
    if row is None:
        raise NotFound("There is no message with this id.")
    if row.state not in states:
        raise Conflict(WHY_NOT[State(row.state)])
    return row


def _tell(session: Session, row: MessageRow, event: Event, reason: str) -> None:
    row.reason = reason if row.finished_at else ""
    line = Line(
        event=event,
        message_id=row.id,
        account_id=row.account_id,
        attempt=row.attempts,
        reason=reason,
    )
    journal.write(session, line)
