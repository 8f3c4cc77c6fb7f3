"""Places: where the pages of an account lie, whoever leads there."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.orm import Session

from portal.workspace.accounts import roster
from portal.workspace.accounts.account import Account

OWN = "/settings"


def repair(session: Session, account: Account) -> str:
    """Return the page where an account is put right: where its Sign In is, too."""
    return repairs(session, [account])[account.id]


def repairs(session: Session, accounts: Iterable[Account]) -> dict[UUID, str]:
    """Return the same of many accounts."""
    own = roster.workspace(session).id
    return {each.id: _page(each, own) for each in accounts}


def _page(account: Account, own: UUID) -> str:
    if account.id == own:
        return OWN
    return f"/accounts/{account.id}" if account.configured else settings(account.id)


def settings(account_id: UUID) -> str:
    """Return where the settings of an account lie that is not the workspace's own."""
    return f"/accounts/{account_id}/settings"
