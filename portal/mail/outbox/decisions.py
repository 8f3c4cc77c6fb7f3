"""What a human decides about one message: again, cancel, it arrived, sent anew.

Each is refused where it would not be true: what may have been sent is never simply sent
again, and what was sent is never cancelled.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.errors import Conflict, NotFound
from portal.mail import lanes, outbox
from portal.mail.journal import Event, Line
from portal.mail.outbox import Fallback, MessageRow, Priority, State

# What may be sent anew: whatever has ended, and what nobody can find out.
ENDED = frozenset({State.SENT, State.FAILED, State.CANCELLED, State.UNCONFIRMED})
RETRIED = frozenset({State.QUEUED, State.HELD, State.FAILED})
CANCELLED = frozenset({State.QUEUED, State.HELD})
WHY_NOT = {
    State.QUEUED: "It waits to be sent.",
    State.SENDING: "It is being sent, or looked up; please wait for how that ends.",
    State.SENT: "It was sent.",
    State.HELD: "It is held.",
    State.UNCONFIRMED: "It may have been sent. Please say that it arrived, or resend"
    " it.",
    State.FAILED: "It has failed.",
    State.CANCELLED: "It was cancelled.",
}
INSTANT = timedelta(milliseconds=1)
SETTLING = "Microsoft may be sending its draft just now; please wait half a minute."
ERASED = "Its content was erased, as old content is; it cannot be sent again."
SENT_ON = "It was sent on already."
SUPERSEDED = "It was sent again already, as {id}."


@dataclass(frozen=True, kw_only=True)
class Copy:
    """What a message that is sent anew takes over, beside its content."""

    account_id: UUID
    key_id: UUID | None  # whoever brought the one may see the other
    sender: str
    return_path: str | None
    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    subject: str
    priority: Priority
    tags: tuple[str, ...]
    differs: bool


def retry(
    session: Session, message_id: UUID, by: str, decision: UUID | None = None
) -> None:
    """Send this very message now, whether it waits, is held, or has failed.

    It goes before the others of its priority, and a held account tries at once. Raises
    NotFound; Conflict where that cannot be, or a decision about many did so before.
    """
    _probe(session, message_id)
    row = _locked(session, message_id, RETRIED)
    _check_sendable(row)
    if decision and decision == row.resumed_by:
        raise Conflict(SENT_ON)
    row.resumed_by = decision
    now, leaving = clock.now(), settling(row)
    row.state, row.finished_at = State.QUEUED, None
    row.due_at = row.due_at if leaving else now
    row.overdue_at, row.resumed_at = None, now
    row.faults = row.lost = 0
    # Whoever has it sent answers for what nobody could find out. What it became as a
    # draft is gone on from: it may tell after all that it was sent.
    row.doubted, row.looks = False, 0
    row.reason = row.cause = row.needs = ""
    session.flush()
    if not leaving:
        hasten(session, message_id)
    outbox.tell(session, row, Line(event=Event.RESUMED, reason=f"{by} sent it on."))


def hasten(session: Session, message_id: UUID) -> None:
    """Let a message that waits go before the others of its account and priority."""
    row = session.get_one(MessageRow, message_id, with_for_update=True)
    if row.due_at is not None:
        others = (
            MessageRow.account_id == row.account_id,
            MessageRow.due_at.is_not(None),
        )
        first = session.scalar(select(func.min(MessageRow.due_at)).where(*others))
        row.due_at = (first or row.due_at) - INSTANT


def bind(session: Session, message_id: UUID) -> None:
    """Let a message leave by its own account or not at all, whatever its fallback."""
    row = session.get_one(MessageRow, message_id, with_for_update=True)
    row.fallback = Fallback.NEVER


def cancel(session: Session, message_id: UUID, by: str) -> None:
    """Never send this message; raise NotFound, or Conflict if it may be sent now.

    It is unconfirmed then if it may have been sent before.
    """
    row = _locked(session, message_id, CANCELLED)
    if settling(row):
        raise Conflict(SETTLING)
    row.due_at = row.overdue_at = None
    row.cause = row.needs = ""
    if row.draft_begun or row.repeats:
        row.state = State.UNCONFIRMED
        row.reason = f"{by} cancelled it, but it may have been sent before."
        outbox.tell(session, row, Line(event=Event.UNCONFIRMED, reason=row.reason))
    else:
        row.state, row.finished_at = State.CANCELLED, clock.now()
        row.reason = f"{by} cancelled it."
        outbox.tell(session, row, Line(event=Event.CANCELLED, reason=row.reason))


def arrived(session: Session, message_id: UUID, by: str) -> None:
    """Settle what nobody could find out: it was sent. Raises NotFound, Conflict."""
    row = _locked(session, message_id, {State.UNCONFIRMED, State.HELD})
    if not in_doubt(row):
        raise Conflict(WHY_NOT[State(row.state)])
    row.state, row.finished_at = State.SENT, clock.now()
    row.doubted, row.overdue_at = False, None
    row.reason, row.cause = f"{by} says that it arrived.", ""
    outbox.tell(session, row, Line(event=Event.ARRIVED, reason=row.reason))


def resendable(session: Session, message_id: UUID) -> Copy:
    """Return what a copy of this message takes over; raise NotFound, Conflict."""
    row = _locked(session, message_id, ENDED)
    _check_copyable(row)
    return Copy(
        # It may be well again.
        account_id=row.fallback_of or row.account_id,
        key_id=row.key_id,
        sender=row.sender,
        return_path=row.return_path,
        to=tuple(row.to),
        cc=tuple(row.cc),
        bcc=tuple(row.bcc),
        subject=row.subject,
        priority=Priority(row.priority),
        tags=tuple(row.tags),
        differs=row.differs,
    )


def supersede(session: Session, message_id: UUID, copy_id: UUID, by: str) -> None:
    """Note that a copy goes instead; for the transaction that puts the copy.

    Whoever resends twice at once does it once: the second is refused.
    """
    row = _locked(session, message_id, ENDED)
    _check_copyable(row)
    row.resent_as = copy_id
    row.finished_at = row.finished_at or clock.now()
    outbox.tell(
        session,
        row,
        Line(event=Event.RESENT, reason=f"{by} sent it again, as {copy_id}."),
    )


def _probe(session: Session, message_id: UUID) -> None:
    """Let the account try at once, if it is held.

    Its row is locked before the message's, as a claim does; and never for a message
    that is under way, whose outcome locks them the other way round.
    """
    here = (MessageRow.id == message_id, MessageRow.state.in_(RETRIED))
    if account_id := session.scalar(select(MessageRow.account_id).where(*here)):
        lanes.probe(session, account_id)


def in_doubt(row: MessageRow) -> bool:
    """Tell whether it may have arrived, and a human says so or not."""
    return row.state == State.UNCONFIRMED or (row.state == State.HELD and row.doubted)


def settling(row: MessageRow) -> bool:
    """Tell whether it is a draft that Microsoft may be sending just now."""
    return row.draft_begun and row.due_at is not None and row.due_at > clock.now()


def _check_copyable(row: MessageRow) -> None:
    if not row.kept:
        raise Conflict(ERASED)
    if row.resent_as is not None:
        raise Conflict(SUPERSEDED.format(id=row.resent_as))


def _check_sendable(row: MessageRow) -> None:
    _check_copyable(row)
    if row.expires_at and row.expires_at <= clock.now():
        raise Conflict("The time that it was given is over; please resend it instead.")


def _locked(
    session: Session, message_id: UUID, states: Collection[State]
) -> MessageRow:
    """Return a message that nobody else changes before this transaction ends."""
    row = session.get(
        MessageRow, message_id, with_for_update=True, populate_existing=True
    )
    if row is None:
        raise NotFound("There is no message with this id.")
    if row.state not in states:
        raise Conflict(WHY_NOT[State(row.state)])
    return row
