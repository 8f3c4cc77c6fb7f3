"""Pending changes: what somebody asked for and Microsoft has not yet approved.

One lives seven days, or until it is replaced, discarded, applied or Reset. Two links
lead others' browsers to it: one to approve, one to sign in. A link's secret is made
anew from the change each time it is shown; only its fingerprint is kept.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, db
from portal.errors import Conflict, NotFound
from portal.workspace import accounts, audit, connections
from portal.workspace.accounts import Account
from portal.workspace.consent import links, proposals
from portal.workspace.consent.proposals import Proposal

LIFE = timedelta(days=7)


class Outcome(StrEnum):
    """How a pending change ended."""

    APPLIED = "applied"
    REPLACED = "replaced"  # by a newer one for the same account
    DISCARDED = "discarded"
    RESET = "reset"


class Stage(StrEnum):
    """How far a pending change has come."""

    ASKED = "asked"
    WAITING = "waiting"  # Microsoft wants an admin of the organization
    APPROVED = "approved"  # or so it says; now the mailbox's user signs in
    PROPOSED = "proposed"  # somebody signed in, and somebody has to confirm it
    APPLIED = "applied"
    ENDED = "ended"  # otherwise than well


class ChangeRow(db.Table):
    """What somebody asked for and Microsoft has not yet approved."""

    __tablename__ = "pending_change"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(index=True)
    account_version: Mapped[int]  # of the settings that the asker saw
    sender: Mapped[str | None]  # None: whoever signs in
    large_attachments: Mapped[bool]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    by_operator: Mapped[bool]  # whose link decides by itself
    expires_at: Mapped[datetime]
    link_fingerprint: Mapped[bytes] = mapped_column(unique=True)
    approval_fingerprint: Mapped[bytes | None] = mapped_column(unique=True, index=True)
    approved_for: Mapped[str | None]  # origin of the application, or so it is said
    approval_refused: Mapped[bool]
    proposed: Mapped[dict[str, Any] | None]  # who signed in, for a page
    sealed_proposal: Mapped[bytes | None]  # the same, with the tokens
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    trouble: Mapped[str]  # why the last trip failed; "" if none did


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody wants an account to be, and which version of it they saw."""

    sender: str | None
    large: bool
    version: int


@dataclass(frozen=True, kw_only=True)
class Change:
    """What can be told of a pending change."""

    id: UUID
    account_id: UUID
    sender: str | None
    large: bool
    asked_by: str
    asked_at: datetime
    by_operator: bool
    expires_at: datetime
    stage: Stage
    outcome: Outcome | None
    trouble: str
    proposal: Proposal | None
    link: str = field(repr=False)  # secret of the connection link
    approval_link: str = field(repr=False)  # secret of the approval link
    approved_for: str | None = None  # origin of the application
    ended_at: datetime | None = None

    @property
    def ended(self) -> bool:
        return self.stage in (Stage.APPLIED, Stage.ENDED)


def ask(session: Session, account_id: UUID, wish: Wish, by: str) -> Change:
    """Ask for a change; it replaces what was asked for this account before.

    To ask twice for the same is to ask once. Raises Conflict, and tells who was faster,
    if the account is not as the asker saw it.
    """
    account = accounts.lock(session, account_id)
    if account.version != wish.version:
        raise Conflict(accounts.changed_meanwhile(account))
    row = _asked(session, account_id)
    if row is not None and _same(row, wish, by):
        return _told(row)
    audit.note(session, by, "asked for a change", _described(wish))
    return _told(_add(session, account, wish, by))


def invite(session: Session, account_id: UUID, sender: str | None, by: str) -> Change:
    """Ask for a connection as the operator, whose link decides by itself."""
    account = accounts.lock(session, account_id)
    wish = Wish(
        sender=sender or account.sender,
        large=account.large_attachments,
        version=account.version,
    )
    return _told(_add(session, account, wish, by, by_operator=True))


def pending(session: Session, account_id: UUID) -> Change | None:
    """Return what waits for Microsoft; None if nothing does."""
    row = _asked(session, account_id)
    return _told(row) if row else None


def find(session: Session, change_id: UUID) -> Change:
    """Return a change, also one that has ended; raise NotFound."""
    row = session.get(ChangeRow, change_id)
    if row is None:
        raise NotFound("There is no such change.")
    return _told(row)


def follow(session: Session, link: str) -> Change:
    """Return what a connection link leads to; raise NotFound if it has ended."""
    return _followed(session, ChangeRow.link_fingerprint == links.fingerprint(link))


def follow_approval(session: Session, link: str) -> Change:
    """Return what an approval link leads to; raise NotFound if it has ended."""
    return _followed(session, ChangeRow.approval_fingerprint == links.fingerprint(link))


def lock(session: Session, change_id: UUID) -> ChangeRow:
    """Return the row of a change that still waits; raise Conflict, and say why, if not.

    Its account is locked first, as everywhere, or each could wait for the other.
    """
    accounts.lock(session, session.get_one(ChangeRow, change_id).account_id)
    row = session.get_one(ChangeRow, change_id, with_for_update=True)
    if row.ended_at is not None or row.expires_at <= clock.now():
        raise Conflict(_why_ended(session, row))
    return row


def discard(session: Session, change_id: UUID, by: str) -> None:
    """Give up what was asked for; what has ended stays as it ended."""
    with suppress(Conflict):
        row = lock(session, change_id)
        end(session, row.account_id, Outcome.DISCARDED)
        audit.note(session, by, "discarded a change", row.sender or "")


def end(session: Session, account_id: UUID, outcome: Outcome) -> None:
    """End whatever is pending for an account, and forget who signed in for it."""
    session.execute(
        update(ChangeRow)
        .where(ChangeRow.account_id == account_id, ChangeRow.ended_at.is_(None))
        .values(
            ended_at=clock.now(), outcome=outcome, proposed=None, sealed_proposal=None
        )
    )


def sweep(session: Session, before: datetime) -> None:
    """Erase changes whose seven days were over before a time."""
    session.execute(delete(ChangeRow).where(ChangeRow.expires_at < before))


def _why_ended(session: Session, row: ChangeRow) -> str:
    account = accounts.by_id(session, row.account_id)
    other = _asked(session, row.account_id)
    if row.outcome == Outcome.REPLACED and other is not None:
        return (
            f"{other.asked_by} has asked for another change since, at"
            f" {other.asked_at:%H:%M} UTC: mail from {other.sender}. It replaced this."
        )
    if row.outcome in (Outcome.REPLACED, Outcome.RESET):
        return accounts.changed_meanwhile(account)
    return {
        Outcome.APPLIED: "This change was applied already.",
        Outcome.DISCARDED: "This change was discarded.",
    }.get(Outcome(row.outcome or "applied"), "It waited for more than seven days.")


def _add(
    session: Session,
    account: Account,
    wish: Wish,
    by: str,
    *,
    by_operator: bool = False,
) -> ChangeRow:
    connections.check_connectable(account)
    end(session, account.id, Outcome.REPLACED)
    change_id = db.new_id()
    row = ChangeRow(
        id=change_id,
        account_id=account.id,
        account_version=account.version,
        sender=wish.sender,
        large_attachments=wish.large,
        asked_by=by,
        asked_at=clock.now(),
        by_operator=by_operator,
        expires_at=clock.now() + LIFE,
        link_fingerprint=links.fingerprint(links.secret("connection", change_id)),
        approval_fingerprint=links.fingerprint(links.secret("approval", change_id)),
        approval_refused=False,
        trouble="",
    )
    session.add(row)
    session.flush()
    return row


def _asked(session: Session, account_id: UUID) -> ChangeRow | None:
    return session.scalars(
        select(ChangeRow).where(
            ChangeRow.account_id == account_id,
            ChangeRow.ended_at.is_(None),
            ChangeRow.expires_at > clock.now(),
        )
    ).first()


def _same(row: ChangeRow, wish: Wish, by: str) -> bool:
    asked = (row.sender, row.large_attachments, row.account_version, row.asked_by)
    return asked == (wish.sender, wish.large, wish.version, by) and not row.by_operator


def _followed(session: Session, where: Any) -> Change:
    row = session.scalars(select(ChangeRow).where(where)).first()
    if row is None or row.ended_at or row.expires_at <= clock.now():
        raise NotFound("This link has been used, or its time is over.")
    return _told(row)


def _described(wish: Wish) -> str:
    return f"{wish.sender}{', with large file attachments' if wish.large else ''}"


def _told(row: ChangeRow) -> Change:
    return Change(
        id=row.id,
        account_id=row.account_id,
        sender=row.sender,
        large=row.large_attachments,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        by_operator=row.by_operator,
        expires_at=row.expires_at,
        stage=_stage(row),
        approved_for=row.approved_for,
        ended_at=row.ended_at,
        outcome=Outcome(row.outcome) if row.outcome else None,
        trouble=row.trouble,
        proposal=proposals.told(row.proposed, row.sender),
        link=links.secret("connection", row.id),
        approval_link=links.secret("approval", row.id),
    )


def _stage(row: ChangeRow) -> Stage:
    if row.ended_at is not None or row.expires_at <= clock.now():
        return Stage.APPLIED if row.outcome == Outcome.APPLIED else Stage.ENDED
    if row.sealed_proposal is not None:
        return Stage.PROPOSED
    if row.approval_refused:
        return Stage.WAITING
    return Stage.APPROVED if row.approved_for else Stage.ASKED
