"""Orphans: drafts that a message left behind when it went to another account."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import db


class OrphanRow(db.Table):
    """One draft; a message leaves its account once, so it has no other."""

    __tablename__ = "orphan"

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(index=True)  # that it was made by
    mailbox: Mapped[str]  # key of the lane that it was made in
    draft_id: Mapped[str]
    sender: Mapped[str]  # From, if it named one


@dataclass(frozen=True, kw_only=True)
class Orphan:
    """A draft without its message."""

    message_id: UUID
    draft_id: str
    sender: str


def find(session: Session, account_id: UUID, mailbox: str, most: int) -> list[Orphan]:
    """Return some of an account's in a mailbox, the oldest first."""
    rows = session.scalars(
        select(OrphanRow)
        .where(OrphanRow.account_id == account_id, OrphanRow.mailbox == mailbox)
        .order_by(OrphanRow.message_id)
        .limit(most)
    )
    return [
        Orphan(message_id=row.message_id, draft_id=row.draft_id, sender=row.sender)
        for row in rows
    ]


def keep(session: Session, account_id: UUID, mailbox: str, orphan: Orphan) -> None:
    """Remember a draft until it is taken."""
    session.add(OrphanRow(account_id=account_id, mailbox=mailbox, **vars(orphan)))


def take(session: Session, message_id: UUID) -> bool:
    """Forget a draft that is being deleted; tell whether nobody did before."""
    this = delete(OrphanRow).where(OrphanRow.message_id == message_id)
    return session.scalar(this.returning(OrphanRow.message_id)) is not None
