"""The depth: how many messages stand where now, and how long the oldest is due.

Each figure is read from an index of nothing but what waits, or needs a human; what has
ended is never looked at.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from sqlalchemy import Select, bindparam, case, func, select
from sqlalchemy.orm import Session

from portal import db
from portal.mail.outbox import LEASED, LOOKING, STUCK, WAITING, MessageRow, State
from portal.mail.outbox.records import queue

Depth = dict[tuple[UUID, State], int]  # by account
UNSETTLED = (STUCK, MessageRow.resent_as.is_(None))


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What waits for a worker, or behind a held account."""

    due: int  # to be sent
    looking: int  # to be looked up
    since: datetime | None  # the oldest has been due

    @property
    def count(self) -> int:
        return self.due + self.looking


NOTHING = Waiting(due=0, looking=0, since=None)


def by_state(session: Session) -> Depth:
    """Count what has not ended, by account and state as it is stored."""
    found: Depth = {}
    for state, where in (
        (State.QUEUED, WAITING),
        (State.SENDING, LEASED),
        (State.SENDING, LOOKING),
    ):
        for account_id, count in session.execute(_by_account().where(where)):
            key = account_id, state
            found[key] = found.get(key, 0) + count
    stuck = select(MessageRow.account_id, MessageRow.state, func.count())
    groups = stuck.where(*UNSETTLED).group_by(MessageRow.account_id, MessageRow.state)
    for account_id, name, count in session.execute(groups):
        found[account_id, State(name)] = count
    return found


@db.once
def waiting(session: Session) -> dict[UUID, Waiting]:
    """Tell what waits, by account; nothing of those for which nothing does."""
    oldest = func.min(MessageRow.due_at)
    groups = _by_account().add_columns(oldest).where(WAITING)
    due = {account: rest for account, *rest in session.execute(groups)}
    looking = dict(session.execute(_by_account().where(LOOKING)).all())
    return {
        each: Waiting(
            due=due[each][0] if each in due else 0,
            looking=looking.get(each, 0),
            since=due[each][1] if each in due else None,
        )
        for each in {*due, *looking}
    }


def _by_account() -> Select[UUID, int]:
    counts = select(MessageRow.account_id, func.count())
    return counts.group_by(MessageRow.account_id)


def oldest(session: Session, account_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Tell since when each account's oldest message has been due, if one is."""
    found = {each: queue.waiting_since(session, each) for each in account_ids}
    return {each: due_at for each, due_at in found.items() if due_at}


def in_flight(session: Session) -> dict[UUID, int]:
    """Count what is on its way, by lane."""
    lane, count = MessageRow.lane_id, func.count()
    groups = select(lane, count).where(LEASED, lane.is_not(None)).group_by(lane)
    return {lane_id: count for lane_id, count in session.execute(groups) if lane_id}


def unsettled(session: Session, days: Collection[datetime]) -> dict[datetime, int]:
    """Count what still needs a human, by the day that it was accepted on.

    `days` are when those began, in order; what is older counts for none of them.
    """
    listed = list(days)
    began = {str(index): day for index, day in enumerate(listed)}
    counts = session.execute(_by_day(len(listed)), began)
    return {listed[n]: count for n, count in counts if n >= 0}


@cache  # its conditions take longer to write than to be answered
def _by_day(count: int) -> Select[int, int]:
    """Return the question for so many days, which are given it by their numbers."""
    latest = reversed(range(count))
    since = {n: bindparam(str(n), type_=db.Moment()) for n in latest}
    began = case(
        *((MessageRow.accepted_at >= day, n) for n, day in since.items()), else_=-1
    )
    return select(began, func.count()).where(*UNSETTLED).group_by(began)
