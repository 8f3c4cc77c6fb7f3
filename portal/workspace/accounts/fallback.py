"""Fallback: the account by which mail leaves that its own cannot send for now."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import db
from portal.errors import NotAllowed
from portal.mail.lanes import troubles
from portal.mail.outbox import many
from portal.workspace.accounts.account import Account, AccountRow, locked, told

ITSELF = "An account cannot be its own fallback."
GONE = "There is no such account to fall back on."
OFF = "The account {name} is switched off, so nothing can fall back on it."
CHAIN = "The account {name} falls back on this one itself, directly or through others."


def decide_fallback(session: Session, account_id: UUID, other_id: UUID | None) -> None:
    """Choose by which account mail leaves that this one cannot send; None: by none.

    Mail that waits is asked about anew. Raises NotAllowed with the reason.
    """
    db.alone(session)  # or two at once could fall back on each other
    if other_id is not None:
        _check(session, account_id, other_id)
    row = locked(session, account_id)
    row.fallback_id = other_id
    if other_id is not None:
        many.offer(session, account_id)


def falling_back(session: Session) -> list[Account]:
    """Return the accounts that have a fallback."""
    named = AccountRow.fallback_id.is_not(None)
    rows = session.scalars(select(AccountRow).where(named).order_by(AccountRow.id))
    return [told(row) for row in rows]


def stand_in(session: Session, account: Account, *, probing: bool) -> Account | None:
    """Return the fallback of an account if mail can leave by it just now, and keep it.

    One that is in trouble itself can send nothing; or, `probing`, the one message that
    it tries when that is due.
    """
    if account.fallback_id is None:
        return None
    # Nobody removes it, or switches it off, before this transaction ends.
    row = session.get_one(
        AccountRow,
        account.fallback_id,
        with_for_update={"read": True},
        populate_existing=True,
    )
    return told(row) if _able(session, row, probing=probing) else None


def falls_back(session: Session, account: Account) -> bool:
    """Tell whether mail can leave by the fallback of an account, and keep nothing."""
    if account.fallback_id is None:
        return False
    row = session.get_one(AccountRow, account.fallback_id)
    return _able(session, row, probing=False)


def _able(session: Session, row: AccountRow, *, probing: bool) -> bool:
    if row.removed_at is not None or not row.enabled:
        return False
    trouble = troubles.find(session, row.id)
    return trouble is None or (probing and trouble.probing)


def _check(session: Session, account_id: UUID, other_id: UUID) -> None:
    if other_id == account_id:
        raise NotAllowed(ITSELF)
    other = session.get(AccountRow, other_id, with_for_update={"read": True})
    if other is None or other.removed_at is not None:
        raise NotAllowed(GONE)
    if not other.enabled:
        raise NotAllowed(OFF.format(name=other.name))
    next_id = other.fallback_id
    while next_id is not None:
        if next_id == account_id:
            raise NotAllowed(CHAIN.format(name=other.name))
        next_id = session.get_one(AccountRow, next_id).fallback_id
