"""Forecast: when what waits will be sent.

What a mailbox sent in the last minute tells how fast it goes, and its budgets how much
of that it may keep up.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from portal import clock
from portal.mail.lanes import budgets, charges
from portal.mail.lanes.charges import Charged
from portal.mail.outbox import MessageRow

SAMPLE = 500  # messages
AT_ONCE = 100  # accounts; SQLite joins no more than 500 queries

Size = tuple[int, int]  # bytes, and recipients


def through_at(session: Session, account_id: UUID) -> datetime | None:
    """Foretell it of an account; None if nothing waits, or nothing tells."""
    waits = (MessageRow.account_id == account_id, MessageRow.due_at.is_not(None))
    count = session.scalar(select(func.count()).where(*waits)) or 0
    charged = charges.charged(session, account_id)
    known = {account_id: charged} if charged else {}
    return _through(session, {account_id: count}, known).get(account_id)


def through(session: Session, due: Mapping[UUID, int]) -> dict[UUID, datetime]:
    """Foretell it of each account with so many messages due, where anything tells."""
    return _through(session, due, charges.every(session))


def _through(
    session: Session, due: Mapping[UUID, int], charged: Mapping[UUID, Charged]
) -> dict[UUID, datetime]:
    known = [each for each, count in due.items() if count and each in charged]
    sizes = _sizes(session, known)
    found = {
        each: _through_at(due[each], sizes[each], charged[each])
        for each in known
        if sizes[each]
    }
    return {each: at for each, at in found.items() if at}


def _through_at(count: int, sizes: Sequence[Size], charged: Charged) -> datetime | None:
    share = count / len(sizes)
    cost = budgets.cost(
        requests=count,
        size=round(sum(size for size, _ in sizes) * share),
        recipients=round(sum(recipients for _, recipients in sizes) * share),
        messages=count,
    )
    return budgets.through_at(charged.spent, cost, charged.limits, clock.now())


def _sizes(session: Session, account_ids: Sequence[UUID]) -> dict[UUID, list[Size]]:
    """Return the first sizes of each: they tell how large all are, however many."""
    found: dict[UUID, list[Size]] = {each: [] for each in account_ids}
    for start in range(0, len(account_ids), AT_ONCE):
        for account_id, *size in _first(session, account_ids[start : start + AT_ONCE]):
            found[account_id].append((size[0], size[1]))
    return found


def _first(
    session: Session, account_ids: Collection[UUID]
) -> Sequence[tuple[UUID, int, int]]:
    wanted = (MessageRow.account_id, MessageRow.size, MessageRow.recipients)
    waits = select(*wanted).where(MessageRow.due_at.is_not(None)).limit(SAMPLE)
    parts = [
        waits.where(MessageRow.account_id == each).subquery() for each in account_ids
    ]
    joined = union_all(*(select(part) for part in parts))
    return [tuple(row) for row in session.execute(joined)]
