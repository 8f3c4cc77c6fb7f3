"""Mail that waits for a human's word: too old to go without one, or out of a backup.

The time to live does not run while a human is waited for: what an account could not
send for so long is set aside when it can again, and goes on only when somebody says so.
That word starts its time anew, so the next release does not set it aside once more.

What a restored database held may have been sent since its backup was made: that is in
doubt until the word comes, for nobody can look it up.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from portal import clock, db
from portal.explanations.own import RESTORED, WAITED
from portal.mail import journal, lanes
from portal.mail.journal import Event, Line
from portal.mail.outbox import AT_REST, MessageRow, State, many

LIFE = timedelta(days=5)
TOO_OLD = "What is too old to go without a word waits for one."


@dataclass(frozen=True, kw_only=True)
class Aside:
    """How many messages of an account wait for a word."""

    count: int
    restored: int  # so many of them may have been sent after a backup


NOTHING = Aside(count=0, restored=0)


def set_aside(session: Session, account_id: UUID) -> int:
    """Hold what is too old to be sent without a word; return how many messages.

    For an account that waited until now, in the transaction that releases it.
    """
    lanes.lock(session, account_id)
    now = clock.now()
    born = func.coalesce(MessageRow.resumed_at, MessageRow.accepted_at)
    old = (
        MessageRow.account_id == account_id,
        MessageRow.due_at.is_not(None),
        MessageRow.state == State.QUEUED,
        born < now - LIFE,
    )
    line = Line(event=Event.HELD, reason=WAITED.sentence, cause=WAITED.name)
    held = {"state": State.HELD, "due_at": None, "overdue_at": now} | line.why
    changed = many.change(session, old, held)
    if changed:
        these = (*_set_aside(account_id), MessageRow.overdue_at == now)
        many.tell(session, line, these)
    return changed


def release(session: Session, account_id: UUID, why: str, snapshot: str = "") -> None:
    """Let an account go on that waited for a human, but for what is too old."""
    held = lanes.release(session, account_id)
    old = set_aside(session, account_id)
    if held:
        line = Line(
            event=Event.ACCOUNT_RELEASED,
            account_id=account_id,
            reason=f"{why} {TOO_OLD}" if old else why,
            snapshot=snapshot,
        )
        journal.write(session, line)


def set_all_aside(session: Session) -> int:
    """Hold whatever is not settled, for this database was restored; return how many."""
    now = clock.now()
    open_ones = MessageRow.state.in_((State.QUEUED, State.SENDING))
    line = Line(event=Event.HELD, reason=RESTORED.sentence, cause=RESTORED.name)
    held = {"state": State.HELD, "doubted": True, "overdue_at": now} | line.why
    changed = many.change(session, [open_ones], held | AT_REST)
    these = (MessageRow.overdue_at == now, MessageRow.cause == RESTORED.name)
    many.tell(session, line, these)
    return changed


def count(session: Session, account_id: UUID) -> int:
    """Count what is set aside."""
    return every(session).get(account_id, NOTHING).count


def restored(session: Session, account_id: UUID) -> int:
    """Count what is set aside because it may have been sent after a backup."""
    return every(session).get(account_id, NOTHING).restored


@db.once
def every(session: Session) -> dict[UUID, Aside]:
    """Count what each account has that has some."""
    restored = func.count().filter(MessageRow.doubted.is_(True))
    counted = select(MessageRow.account_id, func.count(), restored)
    aside = counted.where(MessageRow.overdue_at.is_not(None))
    return {
        account_id: Aside(count=count, restored=doubted)
        for account_id, count, doubted in session.execute(
            aside.group_by(MessageRow.account_id)
        )
    }


def send(session: Session, account_id: UUID, by: str) -> int:
    """Send what is set aside after all; return how many messages."""
    now = clock.now()
    queued = {"state": State.QUEUED, "due_at": now, "resumed_at": now}
    queued |= {"reason": "", "cause": ""}
    line = Line(event=Event.RESUMED, reason=f"{by} sent it on.")
    known = {"doubted": False, "looks": 0}
    return _end(session, account_id, line, queued | known)


def discard(session: Session, account_id: UUID, by: str) -> int:
    """Cancel what is set aside; return how many messages.

    What may have been sent before is unconfirmed then.
    """
    unsure = or_(MessageRow.draft_begun, MessageRow.repeats > 0)
    reason = f"{by} discarded it, but it may have been sent before."
    line = Line(event=Event.UNCONFIRMED, reason=reason)
    unconfirmed = {"state": State.UNCONFIRMED}
    count = _end(session, account_id, line, unconfirmed | line.why, unsure)
    line = Line(event=Event.CANCELLED, reason=f"{by} discarded it.")
    cancelled = {"state": State.CANCELLED, "finished_at": clock.now()}
    return count + _end(session, account_id, line, cancelled | line.why)


def _end(
    session: Session,
    account_id: UUID,
    line: Line,
    values: dict[str, Any],
    *only: ColumnElement[bool],
) -> int:
    # Nothing is set aside, and nothing expires, between the two statements.
    lanes.lock(session, account_id)
    here = (*_set_aside(account_id), *only)
    many.tell(session, line, here)
    return many.change(session, here, values | {"overdue_at": None})


def _set_aside(account_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return MessageRow.account_id == account_id, MessageRow.overdue_at.is_not(None)
