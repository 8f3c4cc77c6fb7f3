"""Many messages at once, however many: a change, and its line in each one's story."""

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    TextClause,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from portal import clock
from portal.mail import journal, lanes
from portal.mail.journal import JournalRow, Line, aloud
from portal.mail.outbox import STUCK, Fallback, MessageRow

Where = Sequence[ColumnElement[bool] | TextClause]


def change(session: Session, where: Where, values: Mapping[str, Any]) -> int:
    """Change the messages that are so; return how many."""
    changed = update(MessageRow).where(*where).values(**values)
    changed = changed.execution_options(synchronize_session=False)
    return cast(CursorResult[Any], session.execute(changed)).rowcount


def tell(session: Session, line: Line, where: Where) -> None:
    """Write this line about each message that is so, and keep it so until the end."""
    told = journal.told(line)
    at = literal(clock.now(), JournalRow.at.type)
    said = {
        name: literal(value, getattr(JournalRow, name).type)
        for name, value in told.items()
    }
    about = (MessageRow.id, MessageRow.account_id, MessageRow.attempts)
    lines = select(at, *about, *said.values())
    names = ["at", "message_id", "account_id", "attempt", *said]
    these = lines.where(*where).with_for_update()
    written = session.execute(insert(JournalRow).from_select(names, these))
    if count := cast(CursorResult[Any], written).rowcount:
        aloud.say(session, journal.level(line), told | {"messages": count})


def offer(session: Session, account_id: UUID) -> None:
    """Let whatever an account has not settled leave by its fallback, when it must.

    What an earlier one might not send is asked about anew.
    """
    lanes.lock(session, account_id)
    # Each of these has an index of its own.
    waits = (MessageRow.due_at.is_not(None), MessageRow.look_at.is_not(None))
    unsettled = or_(*waits, MessageRow.claim.is_not(None), STUCK)
    not_bound = MessageRow.fallback != Fallback.NEVER
    here = (MessageRow.account_id == account_id, unsettled, not_bound)
    change(session, here, {"fallback": Fallback.OPEN})
