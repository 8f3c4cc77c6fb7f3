"""What a renewal still grants, compared with what its account needs.

An admin may take a permission back at Microsoft without a word to us: then the next
answer has no such `scope`. Without the right to send, somebody has to sign in again;
without any other the account does with what is left.
"""

from sqlalchemy.orm import Session

from portal import clock
from portal.errors import Need, NotConnected
from portal.explanations.own.consent import WITHDRAWN
from portal.issuer.grant import young
from portal.mail import permits
from portal.workspace import accounts, connections
from portal.workspace.accounts import Account
from portal.workspace.connections import Connection, ConnectionRow
from portal.workspace.consent import scopes


def needed(account: Account, connection: Connection) -> frozenset[str]:
    """Name what all that an account sends needs, large files too if they are on."""
    return _needed(account, connection, large=account.large_attachments)


def least(session: Session, connection: Connection) -> frozenset[str]:
    """Name what its account can send nothing without."""
    account = accounts.by_id(session, connection.account_id)
    return _needed(account, connection, large=False)


def withdrawn(issuer: str, permissions: frozenset[str]) -> NotConnected:
    """Return what it means that these are granted no longer."""
    named = ", ".join(sorted(permissions))
    return WITHDRAWN.filled(issuer=issuer, permissions=named).as_a(NotConnected)


def note(
    session: Session, row: ConnectionRow, issuer: str, now: frozenset[str]
) -> NotConnected | None:
    """Note what is granted now; return why nothing can be sent by it, if that is so.

    Of a young consent nothing is noted: what is missing may only not be known yet.
    """
    asked = frozenset(row.scopes)
    gone = scopes.lacking(now, asked - scopes.IDENTITY)
    if not young(row.connected_at):
        row.withdrawn = sorted(gone)
    lost = scopes.lacking(asked - gone, least(session, connections.told(row)))
    if lost:
        row.access_until = clock.now()  # who asks next learns if it was given back
    return withdrawn(issuer, lost) if lost else None


def resume(session: Session, now: Connection, by: str) -> None:
    """Send what is held until large files are granted, if they are.

    In the transaction that stores what is, or a crash would leave it held for ever.
    """
    account, large = accounts.by_id(session, now.account_id), Need.LARGE_ATTACHMENTS
    given = account.large_attachments and scopes.reads(now.scopes)
    # Who removes an account locks its feed before its connection: nothing is held then.
    if given and permits.count(session, account.id, large):
        permits.grant(session, account.id, large, by)


def _needed(account: Account, connection: Connection, *, large: bool) -> frozenset[str]:
    if account.submits:
        return scopes.SUBMIT[account.provider]
    own = account.sender is None or connection.owns(account.sender)
    return scopes.needed_for(large=large, own=own)
