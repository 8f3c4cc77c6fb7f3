"""Forecast: when what waits will be sent.

What a mailbox sent in the last minute tells how fast it goes, and its budgets how much
of that it may keep up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select, union_all
from sqlalchemy.orm import Session

from portal import clock
from portal.mail.lanes import budgets, charges
from portal.mail.lanes.charges import Charged
from portal.mail.outbox import MessageRow

SAMPLE = 500  # messages
AT_ONCE = 100  # accounts; SQLite joins no more than 500 queries


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Some of what waits for an account, added up."""

    count: int
    size: int  # bytes
    recipients: int


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
    found = {
        each: _through_at(due[each], sample, charged[each])
        for each, sample in _samples(session, known).items()
    }
    return {each: at for each, at in found.items() if at}


def _through_at(count: int, sample: Sample, charged: Charged) -> datetime | None:
    share = count / sample.count
    cost = budgets.cost(
        requests=count,
        size=round(sample.size * share),
        recipients=round(sample.recipients * share),
        messages=count,
    )
    return budgets.through_at(charged.spent, cost, charged.limits, clock.now())


def _samples(session: Session, account_ids: Sequence[UUID]) -> dict[UUID, Sample]:
    """Add up some messages of each: they tell how large all are, however many."""
    found: dict[UUID, Sample] = {}
    for start in range(0, len(account_ids), AT_ONCE):
        parts = [_sample(each) for each in account_ids[start : start + AT_ONCE]]
        for account_id, count, size, recipients in session.execute(union_all(*parts)):
            # PostgreSQL adds up large numbers as decimals.
            sums = {"size": int(size), "recipients": int(recipients)}
            found[account_id] = Sample(count=count, **sums)
    return found


def _sample(account_id: UUID) -> Select[UUID, int, int, int]:
    wanted = (MessageRow.account_id, MessageRow.size, MessageRow.recipients)
    waits = (MessageRow.account_id == account_id, MessageRow.due_at.is_not(None))
    some = select(*wanted).where(*waits).limit(SAMPLE).subquery().c
    sums = (func.count(), func.sum(some.size), func.sum(some.recipients))
    return select(some.account_id, *sums).group_by(some.account_id)
