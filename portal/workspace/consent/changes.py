"""Pending changes: what somebody asked for and Microsoft has not yet approved.

One lives seven days, or until it is replaced or applied. A link leads one person's
browser to it; only its fingerprint is kept.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, db, vault
from portal.errors import NotFound
from portal.workspace import accounts

LIFE = timedelta(days=7)
SECRET_BYTES = 16


class Outcome(StrEnum):
    """How a pending change ended."""

    APPLIED = "applied"
    REPLACED = "replaced"  # a newer one for the same account


class ChangeRow(db.Table):
    """What somebody asked for and Microsoft has not yet approved."""

    __tablename__ = "pending_change"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(index=True)
    account_version: Mapped[int]  # of the settings that the asker saw
    sender: Mapped[str | None]  # None: whoever signs in
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    link_fingerprint: Mapped[bytes] = mapped_column(unique=True)
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    trouble: Mapped[str]  # why the last trip failed; "" if none did


@dataclass(frozen=True, kw_only=True)
class Link:
    """A way to a pending change, for one person's browser."""

    change_id: UUID
    secret: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a pending change has come, for whoever waits for it."""

    outcome: Outcome | None
    expired: bool
    trouble: str

    @property
    def ended(self) -> bool:
        return self.outcome is not None or self.expired


def invite(session: Session, account_id: UUID, sender: str | None, by: str) -> Link:
    """Ask for a connection; replaces what was asked for this account before."""
    account = accounts.by_id(session, account_id)
    end(session, account_id, Outcome.REPLACED)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row = ChangeRow(
        id=db.new_id(),
        account_id=account_id,
        account_version=account.version,
        sender=sender or account.sender,
        asked_by=by,
        asked_at=clock.now(),
        expires_at=clock.now() + LIFE,
        link_fingerprint=_fingerprint(secret),
        trouble="",
    )
    session.add(row)
    return Link(change_id=row.id, secret=secret, expires_at=row.expires_at)


def progress(session: Session, change_id: UUID) -> Progress:
    """Tell how far a pending change has come."""
    row = session.get_one(ChangeRow, change_id)
    return Progress(
        outcome=Outcome(row.outcome) if row.outcome else None,
        expired=row.expires_at <= clock.now(),
        trouble=row.trouble,
    )


def follow(session: Session, link: str) -> ChangeRow:
    """Return what a link leads to; raise NotFound if it is unknown, used or expired."""
    change = session.scalars(
        select(ChangeRow).where(ChangeRow.link_fingerprint == _fingerprint(link))
    ).first()
    if change is None or change.ended_at or change.expires_at <= clock.now():
        raise NotFound("This link has been used, or its time is over.")
    return change


def end(session: Session, account_id: UUID, outcome: Outcome) -> None:
    """End whatever is pending for an account."""
    session.execute(
        update(ChangeRow)
        .where(ChangeRow.account_id == account_id, ChangeRow.ended_at.is_(None))
        .values(ended_at=clock.now(), outcome=outcome)
    )


def _fingerprint(link: str) -> bytes:
    return vault.fingerprint("link", [link.encode(errors="surrogatepass")])
