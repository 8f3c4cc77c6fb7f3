"""All messages, the newest first, and those among them that somebody looks for.

A look goes through a bounded number of messages, however many there are: it tells where
it stopped, and the next one goes on from there.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, String, TextClause, and_, cast, or_, select
from sqlalchemy.orm import Session

from portal.mail import lanes
from portal.mail.outbox import NEVER_SENT, STUCK, MessageRow, State, records
from portal.mail.outbox.records import Record

WALK = 10_000  # messages
# States of which an index holds nothing else, so that a look never has to stop.
RARE = {State.UNCONFIRMED: STUCK, State.FAILED: NEVER_SENT, State.CANCELLED: NEVER_SENT}
Condition = ColumnElement[bool] | TextClause


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is looked for."""

    words: str = ""  # part of a subject or an address, a whole Message-ID, or an id
    state: State | None = None  # as shown; None: whatever it is
    stuck: bool = False  # only what a human must settle one by one
    before: UUID | None = None  # only what was made before that message
    limit: int
    walk: int = WALK  # messages that one look may go through


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a look found, the newest first, and whether there may be more."""

    records: tuple[Record, ...]
    older: UUID | None  # where the next look goes on; None: there is nothing older
    stopped: bool  # it went through as many as it may, so older ones are unknown


def find(session: Session, search: Search, account_ids: Collection[UUID]) -> Found:
    """Look for messages; the accounts are all that there are."""
    conditions = [*_standing(session, search, account_ids), *_named(search.words)]
    if search.before:
        conditions.append(MessageRow.id < search.before)
    end = _end(session, search) if _walks(search) else None
    if end:
        conditions.append(MessageRow.id >= end)
    newest = select(MessageRow).where(*conditions).order_by(MessageRow.id.desc())
    rows = session.scalars(newest.limit(search.limit + 1)).all()
    more = len(rows) > search.limit
    return Found(
        records=tuple(records.several(session, rows[: search.limit])),
        older=rows[search.limit - 1].id if more else end,
        stopped=bool(end) and not more,
    )


def _standing(
    session: Session, search: Search, account_ids: Collection[UUID]
) -> Sequence[Condition]:
    """Return what makes a message stand as is looked for."""
    if search.stuck:
        return [STUCK, MessageRow.resent_as.is_(None)]
    if search.state is None:
        return []
    if search.state in RARE:
        return [RARE[search.state], MessageRow.state == search.state]
    return [_shown(session, search.state, account_ids)]


def _shown(
    session: Session, state: State, account_ids: Collection[UUID]
) -> ColumnElement[bool]:
    """Return what makes a message be shown in a state, its account's too."""
    held = [each for each in account_ids if lanes.holding(session, each)]
    behind = and_(MessageRow.state == State.QUEUED, MessageRow.account_id.in_(held))
    if state == State.HELD:
        return or_(MessageRow.state == State.HELD, behind)
    return and_(MessageRow.state == state, ~behind)


def _named(words: str) -> Sequence[Condition]:
    """Return what makes a message the one that such words mean."""
    words = words.strip()
    if not words:
        return []
    exact = _exact(words)
    if exact is not None:
        return [exact]
    # As JSON has the addresses.
    written = json.dumps(words)[1:-1]
    everybody = (MessageRow.to, MessageRow.cc, MessageRow.bcc)
    return [
        or_(
            MessageRow.subject.icontains(words, autoescape=True),
            MessageRow.sender.icontains(words, autoescape=True),
            *(cast(a, String).icontains(written, autoescape=True) for a in everybody),
        )
    ]


def _exact(words: str) -> Condition | None:
    """Return what makes a message the only one; None if such words are no name."""
    if words.startswith("<") and words.endswith(">"):
        return MessageRow.internet_message_id == words
    try:
        return MessageRow.id == UUID(words)
    except ValueError:
        return None


def _walks(search: Search) -> bool:
    """Tell whether a look may have to go through much that is not looked for."""
    words = search.words.strip()
    if search.stuck or (words and _exact(words) is not None):
        return False
    return bool(words) or (search.state is not None and search.state not in RARE)


def _end(session: Session, search: Search) -> UUID | None:
    """Return the last message that one look goes through; None if that is all."""
    ids = select(MessageRow.id).order_by(MessageRow.id.desc())
    if search.before:
        ids = ids.where(MessageRow.id < search.before)
    return session.scalar(ids.offset(search.walk - 1).limit(1))
