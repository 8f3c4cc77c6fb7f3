"""Many messages at once, however many: a change, and its line in each one's story."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, insert, literal, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.mail.journal import JournalRow, Line
from portal.mail.outbox import MessageRow

Where = Sequence[ColumnElement[bool]]


def change(session: Session, where: Where, values: Mapping[str, Any]) -> int:
    """Change the messages that are so; return how many."""
    changed = update(MessageRow).where(*where).values(**values)
    changed = changed.execution_options(synchronize_session=False)
    return cast(CursorResult[Any], session.execute(changed)).rowcount


def tell(session: Session, line: Line, where: Where) -> None:
    """Write this line about each message that is so, and keep it so until the end."""
    row = JournalRow
    told = select(
        literal(clock.now(), row.at.type),
        literal(line.event, row.event.type),
        MessageRow.id,
        MessageRow.account_id,
        MessageRow.attempts,
        literal(line.reason, row.reason.type),
        literal({}, row.detail.type),
    )
    columns = (row.at, row.event, row.message_id, row.account_id)
    names = [*columns, row.attempt, row.reason, row.detail]
    these = told.where(*where).with_for_update()
    session.execute(insert(JournalRow).from_select(names, these))
