"""Pending changes: what somebody asked for and Microsoft has not yet approved.

One lives seven days, or until it is replaced, discarded, applied or Reset. Two links
lead others' browsers to it: one to approve, one to sign in. A link's secret is made
anew from the change each time it is shown; only its fingerprint is kept.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal import clock, db
from portal.errors import Conflict, NotAllowed, NotFound
from portal.workspace import accounts, audit, connections
from portal.workspace.accounts import Account, servers
from portal.workspace.accounts.servers import Provider
from portal.workspace.consent import links, proposals
from portal.workspace.consent.changes.change import (
    Change,
    ChangeRow,
    Outcome,
    Stage,
    Wish,
)

__all__ = [
    "Change",
    "ChangeRow",
    "Outcome",
    "Stage",
    "Wish",
    "ask",
    "discard",
    "end",
    "expected",
    "find",
    "follow",
    "follow_approval",
    "invite",
    "lock",
    "pending",
    "sweep",
]

LIFE = timedelta(days=7)
ADDRESSED = (
    "The account {name} signs in at its server as {username}. To send from other"
    " addresses: portal accounts set NAME --from ADDRESS."
)


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
        return _told(session, row)
    audit.note(session, by, "asked for a change", _described(wish))
    return _told(session, _add(session, account, wish, by))


def invite(session: Session, account_id: UUID, sender: str | None, by: str) -> Change:
    """Ask for a connection as the operator, whose link decides by itself."""
    account = accounts.lock(session, account_id)
    wish = Wish(
        sender=sender or expected(session, account),
        large=account.large_attachments,
        version=account.version,
    )
    return _told(session, _add(session, account, wish, by, by_operator=True))


def expected(session: Session, account: Account) -> str | None:
    """Name whose sign-in an account needs; None: whoever signs in.

    That of its From, and where it submits by SMTP, of the mailbox that it signs in as.
    """
    if account.submits:
        return servers.of(session, account.id).username
    return account.sender


def pending(session: Session, account_id: UUID) -> Change | None:
    """Return what waits for Microsoft; None if nothing does."""
    row = _asked(session, account_id)
    return _told(session, row) if row else None


def find(session: Session, change_id: UUID) -> Change:
    """Return a change, also one that has ended; raise NotFound."""
    row = session.get(ChangeRow, change_id)
    if row is None:
        raise NotFound("There is no such change.")
    return _told(session, row)


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
    _check(session, account, wish)
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


def _check(session: Session, account: Account, wish: Wish) -> None:
    """Raise NotAllowed for what an account cannot be connected for."""
    connections.check_connectable(account)
    if account.submits:
        username = servers.of(session, account.id).username
        if wish.sender != username or wish.large:
            raise NotAllowed(ADDRESSED.format(name=account.name, username=username))


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
    return _told(session, row)


def _described(wish: Wish) -> str:
    return f"{wish.sender}{', with large file attachments' if wish.large else ''}"


def _told(session: Session, row: ChangeRow) -> Change:
    return Change(
        id=row.id,
        account_id=row.account_id,
        sender=row.sender,
        large=row.large_attachments,
        submits=_submits(accounts.by_id(session, row.account_id)),
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        by_operator=row.by_operator,
        expires_at=row.expires_at,
        stage=_stage(row),
        approved_for=row.approved_for,
        ended_at=row.ended_at,
        outcome=Outcome(row.outcome) if row.outcome else None,
        trouble=row.trouble,
        trouble_cause=row.trouble_cause,
        proposal=proposals.told(row.proposed, row.sender),
        link=links.secret("connection", row.id),
        approval_link=links.secret("approval", row.id),
    )


def _submits(account: Account) -> Provider | None:
    return account.provider if account.submits else None


def _stage(row: ChangeRow) -> Stage:
    if row.ended_at is not None or row.expires_at <= clock.now():
        return Stage.APPLIED if row.outcome == Outcome.APPLIED else Stage.ENDED
    if row.sealed_proposal is not None:
        return Stage.PROPOSED
    if row.approval_refused:
        return Stage.WAITING
    return Stage.APPROVED if row.approved_for else Stage.ASKED
