"""Strays: drafts that may be in a mailbox although nobody ever learned their ids.

The answer to a message's draft was lost, and it was not found: it may turn up when the
mailbox's search has caught up. By then the message has ended, and a draft that has its
Message-ID, if we gave it that, is ours and will not be sent.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, db
from portal.mail.lanes import LaneRow
from portal.mail.outbox import FINAL, UNNAMED, MessageRow, State, records

FIRST_LOOK = timedelta(minutes=10)  # each wait is as long as all before it
LAST_LOOK = timedelta(days=1)
MOST = 20  # at a time


class StrayRow(db.Table):
    """What one message may have left in one mailbox."""

    __tablename__ = "stray"

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    mailbox: Mapped[str] = mapped_column(primary_key=True)  # key of the lane
    account_id: Mapped[UUID] = mapped_column(index=True)  # by which it was asked for
    sender: Mapped[str]  # From, if it named one
    internet_message_id: Mapped[str]
    since: Mapped[datetime]
    look_at: Mapped[datetime]


@dataclass(frozen=True, kw_only=True)
class Stray:
    """A draft that may be there."""

    message_id: UUID
    mailbox: str
    sender: str
    internet_message_id: str


def leave(session: Session, message_id: UUID) -> None:
    """Give up on the draft that was asked for, if one was; it is looked for later.

    What brought its Message-ID with it may be somebody else's draft, and stays.
    """
    row = session.get_one(MessageRow, message_id)
    ours = row.internet_message_id.startswith(f"<{message_id}@")
    if row.unnamed_since is None or row.lane_id is None or not ours:
        return
    lane = session.get_one(LaneRow, row.lane_id)
    stray = StrayRow(
        message_id=message_id,
        mailbox=lane.key,
        account_id=row.account_id,
        sender=row.sender,
        internet_message_id=row.internet_message_id,
        since=row.unnamed_since,
        look_at=row.unnamed_since + FIRST_LOOK,
    )
    session.merge(stray)


def collect(session: Session) -> None:
    """Give up on the drafts of messages that have ended."""
    ended = (UNNAMED, MessageRow.state.in_(FINAL))
    rows = select(MessageRow).where(*ended).limit(MOST).with_for_update()
    for row in session.scalars(rows):
        leave(session, row.id)
        row.unnamed_since = None


def find(session: Session, account_id: UUID, mailbox: str) -> list[Stray]:
    """Return what may be looked for now in a mailbox of an account."""
    rows = session.scalars(
        select(StrayRow)
        .outerjoin(MessageRow, MessageRow.id == StrayRow.message_id)
        .where(
            StrayRow.account_id == account_id,
            StrayRow.mailbox == mailbox,
            StrayRow.look_at <= clock.now(),
            _over(),
        )
        .order_by(StrayRow.look_at)
        .limit(MOST)
    )
    return [
        Stray(
            message_id=row.message_id,
            mailbox=row.mailbox,
            sender=row.sender,
            internet_message_id=row.internet_message_id,
        )
        for row in rows
    ]


def seen(session: Session, stray: Stray, ids: Collection[str]) -> list[str]:
    """Return which of these drafts are to be deleted, and say when to look again."""
    key = (stray.message_id, stray.mailbox)
    row = session.get(StrayRow, key, with_for_update=True)
    if row is None:
        return []
    ago = clock.now() - row.since
    if ago < LAST_LOOK:
        row.look_at = clock.now() + max(ago, FIRST_LOOK)
    else:
        session.delete(row)
    if records.has_namesake(session, stray.message_id, stray.internet_message_id):
        return []
    known = select(MessageRow.draft_id).where(MessageRow.id == stray.message_id)
    sent = session.scalar(known)
    return [each for each in ids if each != sent]


def _over() -> ColumnElement[bool]:
    """Tell whether nobody can send the message any more, not even by a retry."""
    unsendable = and_(MessageRow.state == State.FAILED, MessageRow.kept.is_(False))
    done = MessageRow.state.in_((State.SENT, State.CANCELLED))
    return or_(MessageRow.id.is_(None), done, unsendable)
