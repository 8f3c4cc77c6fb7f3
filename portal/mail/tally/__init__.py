"""The tally: how often what has happened, by the hour, by the day, and ever.

It is added up from the journal afterwards, so a message that is settled pays nothing
for it. What was counted stays counted when the journal is trimmed.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, and_, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import db
from portal.mail import journal
from portal.mail.journal import Event, Line

NOBODY = UUID(int=0)  # what belongs to no account
EVER = datetime(1970, 1, 1, tzinfo=UTC)  # since when all of it is counted
TAIL = 1000  # lines not counted yet that are read with what is
LESS_BUSY = frozenset({429, 432})  # by which Graph and Exchange ask to be left alone
# Seconds; an attempt is counted under the first that it does not exceed.
BOUNDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, float("inf"))


class Span(StrEnum):
    """How long it is counted together."""

    HOUR = "hour"
    DAY = "day"  # of UTC
    EVER = "ever"

    def begin(self, moment: datetime) -> datetime:
        """Return when the one began that a moment lies in."""
        match self:
            case Span.HOUR:
                return moment.replace(minute=0, second=0, microsecond=0)
            case Span.DAY:
                return moment.replace(hour=0, minute=0, second=0, microsecond=0)
            case Span.EVER:
                return EVER


class Kind(StrEnum):
    """What is counted, and how it is named."""

    EVENT = "event"  # by the journal's word, and its cause
    ATTEMPT = "attempt"  # by the bound of BOUNDS that it took no longer than
    ANSWER = "answer"  # of Graph, to the request that decided an attempt; likewise
    THROTTLED = "throttled"  # asked to wait; one name


class TallyRow(db.Table):
    """One figure."""

    __tablename__ = "tally"

    span: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    cause: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    milliseconds: Mapped[int] = mapped_column(BigInteger)  # that it took, or waits


class PlaceRow(db.Table):
    """How far the journal is counted; there is one."""

    __tablename__ = "tally_place"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    counted: Mapped[int] = mapped_column(BigInteger)  # the last line
    seen: Mapped[int] = mapped_column(BigInteger)  # the last one that there was
    horizon: Mapped[int] = mapped_column(BigInteger)  # who might add one before that


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What is counted."""

    account_id: UUID
    kind: Kind
    name: str
    cause: str = ""  # the name of an explanation; "" if there is none


@dataclass(frozen=True, kw_only=True)
class Count:
    """How often that was, since when, and how long it took in all."""

    figure: Figure
    since: datetime
    count: int
    time: timedelta


def ever(session: Session) -> list[Count]:
    """Return all that was counted; none of it ever becomes less."""
    rows = session.scalars(select(TallyRow).where(TallyRow.span == Span.EVER))
    return [_told(row) for row in rows]


def since(
    session: Session, moment: datetime, span: Span, events: Collection[Event]
) -> Counter[tuple[datetime, str]]:
    """Count events hour by hour, or day by day, also those that are not added up yet.

    Each is counted under the beginning of its hour or day, and its name.
    """
    first = span.begin(moment)
    place, found = _summed(session, span, first, events)
    tail = journal.between(session, place, limit=TAIL)
    new = ((span.begin(line.at or EVER), line.event) for _, line in tail)
    return found + Counter(
        (begun, event) for begun, event in new if begun >= first and event in events
    )


def by_cause(
    session: Session, moment: datetime, events: Collection[Event]
) -> Counter[Figure]:
    """Count events since the hour of a moment, each account's by what explains them.

    What is not added up yet is left out: some seconds.
    """
    key = (TallyRow.account_id, TallyRow.kind, TallyRow.name, TallyRow.cause)
    rows = session.execute(
        select(*key, func.sum(TallyRow.count))
        .where(
            TallyRow.span == Span.HOUR,
            TallyRow.since >= Span.HOUR.begin(moment),
            TallyRow.kind == Kind.EVENT,
            TallyRow.name.in_(events),
        )
        .group_by(*key)
    )
    return Counter(
        {
            Figure(
                account_id=account_id, kind=Kind(kind), name=name, cause=cause
            ): count
            for account_id, kind, name, cause, count in rows
        }
    )


def figures(line: Line) -> Iterator[tuple[Figure, timedelta]]:
    """Tell what a line counts for, and how long that took."""
    account_id, took = line.account_id or NOBODY, line.took
    event = Figure(
        account_id=account_id, kind=Kind.EVENT, name=line.event, cause=line.cause
    )
    yield event, timedelta()
    if line.event == Event.ACCOUNT_HELD:
        return  # what it took, and was told, is counted by the line of its message
    if took is not None:
        yield _bounded(account_id, Kind.ATTEMPT, took), took
    if line.answer and line.answer.milliseconds:
        answered = timedelta(milliseconds=line.answer.milliseconds)
        yield _bounded(account_id, Kind.ANSWER, answered), answered
    if line.at and line.again_at and _throttled(line):
        wait = max(line.again_at - line.at, timedelta())
        yield Figure(account_id=account_id, kind=Kind.THROTTLED, name="wait"), wait


def _bounded(account_id: UUID, kind: Kind, took: timedelta) -> Figure:
    bound = next(each for each in BOUNDS if took.total_seconds() <= each)
    return Figure(account_id=account_id, kind=kind, name=str(bound))


def _throttled(line: Line) -> bool:
    said = line.answer.status if line.answer else None
    return line.event == Event.DEFERRED and said in LESS_BUSY


def _summed(
    session: Session, span: Span, first: datetime, events: Collection[Event]
) -> tuple[int, Counter[tuple[datetime, str]]]:
    """Return how far the journal is counted, and what was counted until there."""
    wanted = and_(
        TallyRow.span == span,
        TallyRow.since >= first,
        TallyRow.kind == Kind.EVENT,
        TallyRow.name.in_(events),
    )
    key = (PlaceRow.counted, TallyRow.since, TallyRow.name)
    # In one statement, or somebody could count on in between.
    sums = select(*key, func.sum(TallyRow.count)).outerjoin_from(
        PlaceRow, TallyRow, wanted
    )
    rows = session.execute(sums.group_by(*key)).all()
    found = {(begun, name): int(count) for _, begun, name, count in rows if name}
    return (rows[0][0] if rows else 0), Counter(found)


def _told(row: TallyRow) -> Count:
    figure = Figure(
        account_id=row.account_id,
        kind=Kind(row.kind),
        name=row.name,
        cause=row.cause,
    )
    time = timedelta(milliseconds=row.milliseconds)
    return Count(figure=figure, since=row.since, count=row.count, time=time)
