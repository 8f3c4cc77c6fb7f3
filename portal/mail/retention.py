"""Retention: what has ended is kept for a while; then its content goes, then its story.

It begins at a final state. What is queued, held or unconfirmed waits for somebody, and
is never erased. Each function does a bounded part of its work, the oldest first, and
returns 0 when there is nothing left for it; any number of processes may call them.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, TextClause, delete, func, select, update
from sqlalchemy.orm import Session

from portal.mail import content
from portal.mail.journal import JournalRow
from portal.mail.outbox import ERASED, KEPT, MessageRow

MESSAGES = 100  # in one transaction
LINES = 1000  # likewise


def erase(session: Session, before: datetime) -> int:
    """Erase the content of messages that ended before a time: from now on, no more.

    Raises nothing, and leaves what can no longer be read to `content.clear`.
    """
    ended = _ended(session, KEPT, before)
    if ended:
        content.erase(session, ended)
        gone = update(MessageRow).where(MessageRow.id.in_(ended)).values(kept=False)
        session.execute(gone.execution_options(synchronize_session=False))
    return len(ended)


def forget(session: Session, before: datetime) -> int:
    """Delete messages that ended before a time, and what the journal tells of them."""
    ended = _ended(session, ERASED, before)
    if ended:
        told = select(JournalRow.id).where(JournalRow.message_id.in_(ended))
        # A message that was tried for days has many lines: it goes after the last.
        if _delete_lines(session, told.limit(LINES)) < LINES:
            session.execute(delete(MessageRow).where(MessageRow.id.in_(ended)))
    return len(ended)


def trim(session: Session, before: datetime) -> int:
    """Delete what the journal tells of no message, from before a time."""
    alone = JournalRow.message_id.is_(None)
    # Its ids are in the order of time, so no more than these are ever looked at.
    oldest = select(JournalRow.id, JournalRow.at).where(alone).order_by(JournalRow.id)
    these = oldest.limit(LINES).subquery()
    return _delete_lines(session, select(these.c.id).where(these.c.at < before))


def _ended(session: Session, how: TextClause, before: datetime) -> Sequence[UUID]:
    return session.scalars(
        select(MessageRow.id)
        .where(how, MessageRow.finished_at < before)
        .order_by(MessageRow.finished_at)
        .limit(MESSAGES)
        .with_for_update(skip_locked=True)
    ).all()


def _delete_lines(session: Session, which: Select[int]) -> int:
    # The newest stays: SQLite would give its number again, and whoever reads on from
    # there would not see the next ones.
    newest = select(func.max(JournalRow.id)).scalar_subquery()
    these = (JournalRow.id.in_(which), JournalRow.id < newest)
    lines = delete(JournalRow).where(*these)
    return len(session.scalars(lines.returning(JournalRow.id)).all())
