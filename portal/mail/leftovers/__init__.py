"""Leftovers: drafts in mailboxes that nobody will send from there any more."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.mail.lanes import LaneRow, budgets, charges
from portal.mail.leftovers import orphans
from portal.mail.outbox import LEFT, MessageRow, State, claims

MOST = 20  # of one account, in one round
REQUEST = budgets.cost(requests=1)


@dataclass(frozen=True, kw_only=True)
class Leftover:
    """A draft that nobody will send."""

    message_id: UUID
    draft_id: str
    mailbox: str  # key of the lane that it was made in
    sender: str  # From, if it named one
    orphan_of: UUID | None = None  # the account that its message has left


def find(session: Session, account_id: UUID, mailbox: str) -> list[Leftover]:
    """Return some of what an account has left in a mailbox, the oldest first."""
    rows = session.execute(
        select(MessageRow.id, MessageRow.draft_id, LaneRow.key, MessageRow.sender)
        .join(LaneRow, LaneRow.id == MessageRow.lane_id)
        .where(LEFT, MessageRow.account_id == account_id, LaneRow.key == mailbox)
        .order_by(MessageRow.finished_at)
        .limit(MOST)
    )
    ended = [
        Leftover(message_id=message_id, draft_id=draft_id, mailbox=key, sender=sender)
        for message_id, draft_id, key, sender in rows
    ]
    left = [
        Leftover(**vars(each), mailbox=mailbox, orphan_of=account_id)
        for each in orphans.find(session, account_id, mailbox, MOST)
    ]
    return [*ended, *left][:MOST]


def leave(session: Session, row: MessageRow, mailbox: str) -> None:
    """Note that a message leaves its account, and its draft behind in this mailbox."""
    orphan = orphans.Orphan(message_id=row.id, draft_id=row.draft_id, sender=row.sender)
    orphans.keep(session, row.account_id, mailbox, orphan)


def take(session: Session, left: Leftover) -> bool:
    """Take a draft to delete it; tell whether it is still left, and it may be now.

    It takes one of the mailbox's requests, and only while a slot is free. From now on
    nobody goes on with this draft.
    """
    lane = session.scalars(
        select(LaneRow).where(LaneRow.key == left.mailbox).with_for_update()
    ).one()
    if not claims.free(session, lane) or charges.afford(session, lane.id, REQUEST):
        return False
    if left.orphan_of:
        return orphans.take(session, left.message_id)
    return _change(session, left, left.draft_id, "")


def put_back(session: Session, left: Leftover) -> None:
    """Note that a draft could not be deleted; nothing is done if it went again."""
    if left.orphan_of:
        orphan = orphans.Orphan(
            message_id=left.message_id, draft_id=left.draft_id, sender=left.sender
        )
        orphans.keep(session, left.orphan_of, left.mailbox, orphan)
    else:
        _change(session, left, "", left.draft_id)


def _change(session: Session, left: Leftover, known: str, new: str) -> bool:
    ended = MessageRow.state.in_((State.FAILED, State.CANCELLED))
    changed = session.execute(
        update(MessageRow)
        .where(MessageRow.id == left.message_id, MessageRow.draft_id == known, ended)
        .values(draft_id=new)
        .returning(MessageRow.id)
    )
    return changed.first() is not None
