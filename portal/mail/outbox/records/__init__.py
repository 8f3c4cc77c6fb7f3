"""What can be told of messages: one of them, or how many wait and for whom."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, TextClause, func, select, union_all
from sqlalchemy.orm import Session

from portal import clock, db
from portal.errors import Need, NotFound
from portal.explanations import Told, tell
from portal.mail import lanes
from portal.mail.lanes import Hold
from portal.mail.outbox import (
    LINED_UP,
    STUCK,
    Fallback,
    MessageRow,
    State,
    decisions,
)


@dataclass(frozen=True, kw_only=True)
class Record:
    """What can be told of a message."""

    id: UUID
    key_id: UUID | None
    account_id: UUID
    state: State  # as shown: behind a held account it is held
    behind: bool  # it is its account that is held
    reason: str
    cause: str  # the name of its explanation; "" if there is none
    need: Need  # what its account must be given before it goes
    accepted_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None
    next_attempt_at: datetime | None
    attempts: int
    sender: str
    to: tuple[str, ...]
    subject: str
    internet_message_id: str
    size: int
    tags: tuple[str, ...]
    copy_of: UUID | None  # it was sent instead of that one
    resent_as: UUID | None  # that one was sent instead of it

    @property
    def told(self) -> Told:
        """Explain why it has not gone."""
        told = tell(self.reason, self.cause)
        alone = self.state == State.HELD and not self.behind
        return told.alone() if alone else told


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """Who receives a message; of bcc nobody learns but whoever looks after all mail."""

    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Page:
    """Which of the messages that a key brought are asked for, newest first."""

    key_id: UUID
    state: State | None = None  # as shown; None: whatever it is
    before: UUID | None = None  # only what was made before that message
    limit: int


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What a human may decide about a message as it is now."""

    retry: bool
    cancel: bool
    resend: bool
    arrival: bool
    erased: bool  # its content is gone, and retry and resend with it


def find(session: Session, message_id: UUID) -> Record:
    """Return what is known of a message; raise NotFound."""
    return told(session, _row(session, message_id))


def envelope(session: Session, message_id: UUID) -> Envelope:
    """Return everybody who receives a message; raise NotFound."""
    row = _row(session, message_id)
    return Envelope(to=tuple(row.to), cc=tuple(row.cc), bcc=tuple(row.bcc))


def choices(session: Session, message_id: UUID) -> Choices:
    """Tell which decisions would not be refused just now; raise NotFound.

    It may change before one is taken, so each is checked again then.
    """
    row, now = _row(session, message_id), clock.now()
    copyable = row.kept and row.resent_as is None
    in_time = row.expires_at is None or row.expires_at > now
    return Choices(
        retry=row.state in decisions.RETRIED and copyable and in_time,
        cancel=row.state in decisions.CANCELLED and not decisions.settling(row),
        resend=row.state in decisions.ENDED and copyable,
        arrival=decisions.in_doubt(row),
        erased=not row.kept,
    )


def _row(session: Session, message_id: UUID) -> MessageRow:
    row = session.get(MessageRow, message_id)
    if row is None:
        raise NotFound("There is no message with this id.")
    return row


def told(session: Session, row: MessageRow) -> Record:
    """Return what can be told of a row."""
    queued = row.state == State.QUEUED
    held = lanes.holding(session, row.account_id) if queued else None
    return _record(row, held)


def several(session: Session, rows: Sequence[MessageRow]) -> list[Record]:
    """Return what can be told of each row."""
    queued = {row.account_id for row in rows if row.state == State.QUEUED}
    holds = lanes.holds(session, queued) if queued else {}
    return [
        _record(row, holds.get(row.account_id) if row.state == State.QUEUED else None)
        for row in rows
    ]


def _record(row: MessageRow, held: Hold | None) -> Record:
    state, reason, cause = State(row.state), row.reason, row.cause
    if held:
        stays = f"{row.reason} " if row.fallback == Fallback.BARRED else ""
        state, reason, cause = State.HELD, f"{stays}{held.advice}", held.cause
    return Record(
        id=row.id,
        key_id=row.key_id,
        account_id=row.account_id,
        state=state,
        behind=held is not None,
        reason=reason,
        cause=cause,
        need=Need(row.needs),
        accepted_at=row.accepted_at,
        finished_at=row.finished_at,
        expires_at=row.expires_at,
        next_attempt_at=None if held else row.due_at or row.look_at,
        attempts=row.attempts,
        sender=row.sender,
        to=tuple(row.to),
        subject=row.subject,
        internet_message_id=row.internet_message_id,
        size=row.size,
        tags=tuple(row.tags),
        copy_of=row.copy_of,
        resent_as=row.resent_as,
    )


def waiting(session: Session, account_id: UUID | None = None) -> int:
    """Count the messages that wait for a worker or behind a held account."""
    counts = 0
    # One after the other, so that each reads an index of nothing but what waits.
    for waits in (MessageRow.due_at.is_not(None), MessageRow.look_at.is_not(None)):
        count = select(func.count()).where(waits)
        if account_id:
            count = count.where(MessageRow.account_id == account_id)
        counts += session.scalar(count) or 0
    return counts


def stuck(session: Session, account_id: UUID | None = None) -> dict[State, int]:
    """Count the messages that a human must settle one by one: held, unconfirmed."""
    counts = Counter[State]()
    for (state, account), count in _stuck(session).items():
        if account_id in (None, account):
            counts[state] += count
    return counts


@db.once
def _stuck(session: Session) -> dict[tuple[State, UUID], int]:
    key = (MessageRow.state, MessageRow.account_id)
    open_ones = select(*key, func.count()).where(STUCK, MessageRow.resent_as.is_(None))
    return {
        (State(state), account_id): count
        for state, account_id, count in session.execute(open_ones.group_by(*key))
    }


def unsettled(
    session: Session,
    states: Collection[State],
    limit: int,
    before: UUID | None = None,
) -> list[Record]:
    """Return the newest of what a human must settle, newest first.

    With `before`, only what was made before that message.
    """
    unsettled = select(MessageRow).where(
        STUCK, MessageRow.state.in_(states), MessageRow.resent_as.is_(None)
    )
    if before:
        unsettled = unsettled.where(MessageRow.id < before)
    newest = unsettled.order_by(MessageRow.id.desc())
    rows = session.scalars(newest.limit(limit)).all()
    return several(session, rows)


def brought(
    session: Session, page: Page, account_ids: Collection[UUID]
) -> list[Record]:
    """Return a page of what a key brought; the accounts are all that there are.

    Each state is read from its own end of an index, however much there is of others.
    """
    newest = []
    for part in _parts(session, page, account_ids):
        ids = select(MessageRow.id).where(MessageRow.key_id == page.key_id, *part)
        if page.before:
            ids = ids.where(MessageRow.id < page.before)
        last = ids.order_by(MessageRow.id.desc()).limit(page.limit).subquery()
        newest.append(select(last.c.id))
    if not newest:
        return []
    found = union_all(*newest).subquery()
    rows = session.scalars(
        select(MessageRow)
        .where(MessageRow.id.in_(select(found.c.id)))
        .order_by(MessageRow.id.desc())
        .limit(page.limit)
    ).all()
    return several(session, rows)


def _parts(
    session: Session, page: Page, account_ids: Collection[UUID]
) -> list[Sequence[ColumnElement[bool] | TextClause]]:
    """Return conditions, one of which what is asked for meets."""
    if page.state is None:
        return [[MessageRow.state == state] for state in State]
    if page.state == State.QUEUED:
        return _queued(session, account_ids, held=False)
    whole = [MessageRow.state == page.state]
    held = page.state == State.HELD
    return [whole, *(_queued(session, account_ids, held=True) if held else ())]


def _queued(
    session: Session, account_ids: Collection[UUID], *, held: bool
) -> list[Sequence[ColumnElement[bool] | TextClause]]:
    """Return what is queued for each account that is held, or for each other."""
    return [
        (LINED_UP, MessageRow.account_id == each)
        for each in account_ids
        if held == (lanes.holding(session, each) is not None)
    ]


def depth(
    session: Session, key_id: UUID, account_ids: Collection[UUID]
) -> dict[State, int]:
    """Count what a key brought and has not ended, by its state as shown."""
    counts: dict[State, int] = {}
    for state in (State.QUEUED, State.SENDING, State.HELD, State.UNCONFIRMED):
        page = Page(key_id=key_id, state=state, limit=0)
        counts[state] = sum(
            session.scalar(
                select(func.count()).where(
                    MessageRow.key_id == key_id, MessageRow.resent_as.is_(None), *part
                )
            )
            or 0
            for part in _parts(session, page, account_ids)
        )
    return counts


def has_namesake(session: Session, message_id: UUID, internet_message_id: str) -> bool:
    """Tell whether another message brought the same Message-ID."""
    same = MessageRow.internet_message_id == internet_message_id
    others = select(MessageRow.id).where(same, MessageRow.id != message_id).limit(1)
    return session.scalar(others) is not None
