"""How a claim ends: sent, failed, held, unconfirmed, or to be tried or looked up again.

Each changes a message that is still its worker's, and tells, in one statement each;
ClaimLost says that somebody else decides about it now.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, update
from sqlalchemy.orm import Session

from portal import clock, db
from portal.errors import Need
from portal.mail import content
from portal.mail.journal import Event, Line
from portal.mail.lanes import budgets, charges
from portal.mail.outbox import (
    AT_REST,
    FINAL,
    LOOKS,
    Claim,
    ClaimLost,
    MessageRow,
    State,
    tell,
)

NOT_SENT = frozenset({State.HELD, State.FAILED})  # surely, if a claim ends so
PARTED = "These recipients wait for a message of their own, {id}: {names}."


def settle(
    session: Session,
    claim: Claim,
    state: State,
    line: Line,
    need: Need = Need.NOTHING,
) -> None:
    """End a claim: sent, failed, held or unconfirmed; raise ClaimLost if it is gone.

    What is held because its account lacks something goes on once that is given.
    """
    finished_at = clock.now() if state in FINAL else None
    known = {"state": state, "finished_at": finished_at, "needs": need}
    if state in NOT_SENT:
        _give_back(session, claim)
        known |= _not_begun(claim)
    _end(session, claim, line, **known)


def confirm(session: Session, claim: Claim, line: Line) -> None:
    """End the doubt about an attempt whose answer came after its lease: it was sent.

    Raises ClaimLost if there is no doubt about this attempt any more.
    """
    open_ones = (State.SENDING, State.UNCONFIRMED, State.HELD)
    doubted = and_(MessageRow.doubted.is_(True), MessageRow.state.in_(open_ones))
    # Its account had it sent again, and nobody has begun with that.
    repeated = and_(MessageRow.repeats > 0, MessageRow.state == State.QUEUED)
    still_doubted = (
        MessageRow.id == claim.message_id,
        MessageRow.attempts == claim.attempt,
        or_(doubted, repeated),
    )
    sent = {"state": State.SENT, "finished_at": clock.now(), "overdue_at": None}
    _change(session, claim, line, still_doubted, sent)


def postpone(session: Session, claim: Claim, line: Line, **known: Any) -> None:
    """Have it tried again at `line.again_at`: sent, or looked up if it is doubted."""
    again_at = line.again_at or clock.now()
    if claim.doubted:
        unheard = claim.unheard + 1
        _end(
            session, claim, line, state=State.SENDING, look_at=again_at, unheard=unheard
        )
    else:
        _give_back(session, claim)
        known |= _not_begun(claim)
        _end(session, claim, line, state=State.QUEUED, due_at=again_at, **known)


def stumble(session: Session, claim: Claim, line: Line) -> None:
    """Postpone it for a fault of ours, and count that."""
    due_at, faults = line.again_at or clock.now(), claim.faults + 1
    _give_back(session, claim)
    _end(session, claim, line, state=State.QUEUED, due_at=due_at, faults=faults)


def resume(session: Session, claim: Claim, line: Line, draft_id: str = "") -> None:
    """End a doubt: it was found not to be sent, so it goes again at `line.again_at`.

    `draft_id` names the draft that it became, and that goes instead of a new one.
    """
    known = {"doubted": False, "looks": 0, "unheard": 0, "draft_id": draft_id}
    due_at = line.again_at or clock.now()
    _give_back(session, claim)
    _end(session, claim, line, state=State.QUEUED, due_at=due_at, **known)


def repeat(session: Session, claim: Claim, line: Line) -> None:
    """Send again what could not be found out, because its account is told to."""
    known = {
        "doubted": False,
        "looks": 0,
        "unheard": 0,
        "draft_id": "",
        "draft_begun": False,
        "repeats": claim.repeats + 1,
    }
    _end(session, claim, line, state=State.QUEUED, due_at=clock.now(), **known)


def doubt(session: Session, claim: Claim, line: Line) -> None:
    """Have it looked up: it may have been accepted, so it must not simply go again."""
    looks = min(claim.looks + claim.doubted, len(LOOKS) - 1)
    look_at = clock.now() + LOOKS[looks]
    known = {"doubted": True, "looks": looks, "unheard": 0}
    _end(session, claim, line, state=State.SENDING, look_at=look_at, **known)


def divide(
    session: Session, claim: Claim, recipients: Collection[str], line: Line
) -> UUID:
    """Let these recipients wait as a message of their own, and return its id.

    It goes at `line.again_at`, and is told of by that line; whatever becomes of the
    rest, each recipient is another's no more. Raises ClaimLost if it is not ours.
    """
    row = session.get(
        MessageRow, claim.message_id, with_for_update=True, populate_existing=True
    )
    if row is None or row.claim != claim.token:
        raise ClaimLost
    part = _part(row, recipients, line)
    session.add(part)
    content.share(session, row.id, part.id)
    tell(session, part, line)
    _reduce(row, [each for each in claim.envelope if each not in recipients])
    # What was charged for them stays so until the message ends: rather too much.
    parted = PARTED.format(id=part.id, names=", ".join(recipients))
    tell(session, row, Line(event=Event.PARTED, reason=parted))
    return part.id


def _part(row: MessageRow, recipients: Collection[str], line: Line) -> MessageRow:
    """Make the row that holds some recipients of another, as far as it has come."""
    columns = MessageRow.__table__.columns
    same = {column.key: getattr(row, column.key) for column in columns}
    own = {
        "id": db.new_id(),
        "part_of": row.part_of or row.id,
        "state": State.QUEUED,
        **line.why,
        "due_at": line.again_at or clock.now(),
        "began": False,
        "lost": 0,
    }
    part = MessageRow(**same | AT_REST | own)
    _reduce(part, recipients)
    return part


def _reduce(row: MessageRow, recipients: Collection[str]) -> None:
    """Leave a message no other recipients than these."""
    row.to, row.cc, row.bcc = (
        [each for each in addresses if each in recipients]
        for addresses in (row.to, row.cc, row.bcc)
    )
    row.recipients = len(row.to) + len(row.cc) + len(row.bcc)


def _give_back(session: Session, claim: Claim) -> None:
    """Nobody was written to, so nobody counts.

    The mailbox comes before the message, as when it is claimed; who loses the claim
    rolls this back.
    """
    charges.give_back(session, claim.lane_id, budgets.cost(recipients=claim.recipients))


def _not_begun(claim: Claim) -> dict[str, Any]:
    """Say of a draft that this attempt surely has not sent it; an earlier one may."""
    return {"draft_begun": claim.draft_begun}


def _end(session: Session, claim: Claim, line: Line, **values: Any) -> None:
    """Change a message that is still ours, and tell; raise ClaimLost if it is not."""
    ours = (MessageRow.id == claim.message_id, MessageRow.claim == claim.token)
    _change(session, claim, line, ours, values)


def _change(
    session: Session,
    claim: Claim,
    line: Line,
    where: Sequence[ColumnElement[bool]],
    values: Mapping[str, Any],
) -> None:
    ended = AT_REST | line.why | {"needs": ""} | dict(values)
    changed = session.execute(
        update(MessageRow).where(*where).values(**ended).returning(MessageRow.id)
    )
    if changed.first() is None:
        raise ClaimLost
    tell(session, claim, line)
