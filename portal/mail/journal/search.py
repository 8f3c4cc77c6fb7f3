"""The mail log: the newest lines first, or those among them that somebody looks for.

A look goes through a bounded number of lines of the shortest index that holds them all,
however long the journal is: it tells where it stopped, and the next one goes on there.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    TextClause,
    cast,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from portal.explanations import Topic
from portal.mail import journal
from portal.mail.journal import (
    ASKED,
    EXPLAINED,
    SMOOTH,
    TOLD,
    Event,
    JournalRow,
    Line,
)

NEAR = 200  # lines
WALK = 5_000
Condition = ColumnElement[bool] | TextClause
Numbered = tuple[int, Line]  # each line with its place in the journal


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is looked for."""

    words: str = ""  # part of what a line says, or a message's id, or a request-id
    event: Event | None = None  # None: whatever is a problem or a decision
    every: bool = False  # whatever happened, good or bad
    account_id: UUID | None = None
    topic: Topic | None = None
    since: datetime | None = None
    before: int | None = None  # only what was written before that line
    limit: int = 50
    walk: int = WALK  # lines that one look may go through

    @property
    def name(self) -> str:
        """What a message or a question to Microsoft is called, if that is asked for."""
        try:
            return str(UUID(self.words))
        except ValueError:
            return ""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a look found, the newest first, and whether there may be more."""

    lines: tuple[Numbered, ...]
    older: int | None  # where the next look goes on; None: there is nothing older
    stopped: bool  # it went through as many as it may, so older ones are unknown


def find(session: Session, search: Search) -> Found:
    """Look for lines."""
    near = _near(search)
    rows: Sequence[JournalRow] = ()
    # Mostly a page is filled by the newest; the bound is for what is seldom so.
    for reach in (min(NEAR, search.walk), search.walk):
        if len(rows) <= search.limit:
            row = aliased(JournalRow, near.limit(reach).subquery())
            wanted = select(row).where(*_wanted(row, search)).order_by(row.id.desc())
            rows = session.scalars(wanted.limit(search.limit + 1)).all()
    more = len(rows) > search.limit
    end = None if more else _end(session, near, search)
    return Found(
        lines=tuple((row.id, journal.read(row)) for row in rows[: search.limit]),
        older=rows[search.limit - 1].id if more else end,
        stopped=end is not None,
    )


def fresh(
    session: Session, search: Search, after: int, limit: int = 1000
) -> tuple[list[Numbered], int]:
    """Return the next lines behind a cursor, oldest first, and the next cursor.

    It goes through no more than `limit`, whether or not they are looked for.
    """
    behind = select(JournalRow).where(JournalRow.id > after, journal.settled())
    row = aliased(JournalRow, behind.order_by(JournalRow.id).limit(limit).subquery())
    last = session.scalar(select(func.max(row.id)))
    rows = session.scalars(select(row).where(*_wanted(row, search)).order_by(row.id))
    return [(each.id, journal.read(each)) for each in rows], last or after


def newest(session: Session) -> int:
    """Return the cursor behind the newest line; 0 before the first."""
    lines = journal.latest(session, 1)
    return lines[-1][0] if lines else 0


def _near(search: Search) -> Select[JournalRow]:
    """Return the lines of the index that holds the fewest beside those wanted."""
    lines = select(JournalRow).order_by(JournalRow.id.desc())
    if search.before is not None:
        lines = lines.where(JournalRow.id < search.before)
    return lines.where(*_indexed(search))


def _indexed(search: Search) -> Sequence[Condition]:
    """Return what an index knows: spelled as it is there, or it is not used."""
    if search.name:
        return [JournalRow.id.in_(_called(search.name))]
    if search.topic:
        return [EXPLAINED, JournalRow.topic == search.topic]
    if search.every or search.event in SMOOTH:
        return []
    if search.account_id:
        alike = [JournalRow.account_id == search.account_id]
    else:
        alike = [JournalRow.event == search.event] if search.event else []
    return [TOLD, *alike]


def _called(name: str) -> Select[int]:
    about = select(JournalRow.id).where(JournalRow.message_id == UUID(name))
    asked = select(JournalRow.id).where(ASKED, JournalRow.request_id == name)
    either = union_all(about, asked).subquery()
    return select(either.c.id)


def _wanted(row: type[JournalRow], search: Search) -> Sequence[Condition]:
    """Return all that makes a line one that is looked for."""
    wanted: list[Condition] = []
    if search.event:
        wanted.append(row.event == search.event)
    elif not (search.every or search.name):
        wanted.append(row.event.not_in(SMOOTH))
    if search.account_id:
        wanted.append(row.account_id == search.account_id)
    if search.topic:
        wanted.append(row.topic == search.topic)
    if search.since:
        wanted.append(row.at >= search.since)
    return [*wanted, *_saying(row, search)]


def _saying(row: type[JournalRow], search: Search) -> Sequence[Condition]:
    if search.name:
        return [or_(row.message_id == UUID(search.name), row.request_id == search.name)]
    if not search.words:
        return []
    written = json.dumps(search.words)[1:-1]  # as JSON has the other side's own words
    return [
        or_(
            row.reason.icontains(search.words, autoescape=True),
            row.code.icontains(search.words, autoescape=True),
            cast(row.status, String) == search.words,
            row.cause.icontains(search.words, autoescape=True),
            cast(row.detail, String).icontains(written, autoescape=True),
        )
    ]


def _end(session: Session, near: Select[JournalRow], search: Search) -> int | None:
    """Return the last line that one look goes through; None if that is all."""
    last = near.with_only_columns(JournalRow.id, JournalRow.at)
    found = session.execute(last.offset(search.walk - 1).limit(1)).first()
    if found is None or (search.since and found.at < search.since):
        return None
    return int(found.id)
