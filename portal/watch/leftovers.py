"""Leftovers: a draft whose message was cancelled or has failed goes from the mailbox.

Where the mailbox cannot be read any more it stays there, among its drafts.
"""

import logging
import threading

from portal import config, db
from portal.errors import DeliveryError, IssuerError, NotConnected
from portal.mail import leftovers
from portal.mail.leftovers import Leftover
from portal.microsoft import drafts, graph
from portal.microsoft.graph import TokenRefused
from portal.workspace import accounts, connections, tokens
from portal.workspace.accounts import Account
from portal.workspace.consent import scopes

log = logging.getLogger(__name__)


def delete_all(stopping: threading.Event) -> None:
    """Delete whatever can be deleted, one draft after another."""
    for account, left in due():
        if not stopping.is_set():
            delete(account, left)


def due() -> list[tuple[Account, Leftover]]:
    """Return what can be deleted, of each account that may read its mailbox."""
    with db.reading() as session:
        return [
            (account, left)
            for account in accounts.every(session)
            for left in _deletable(session, account)
        ]


def _deletable(session: db.Session, account: Account) -> list[Leftover]:
    mailbox = lane_key(session, account)
    return leftovers.find(session, account.id, mailbox) if mailbox else []


def lane_key(session: db.Session, account: Account) -> str:
    """Return the lane of the mailbox that an account may read; "" if it may not."""
    if not account.large_attachments:
        return ""
    if account.by_application:
        return account.lane_key
    connection = connections.find(session, account.id)
    if connection is None or connection.trouble:
        return ""
    return connection.lane_key if scopes.reads(connection.scopes) else ""


def delete(account: Account, left: Leftover) -> None:
    """Delete a draft, unless its message goes again after all."""
    try:
        access = tokens.current(account.id).access
    except (NotConnected, IssuerError) as error:
        return log.info("Account %s: no draft was deleted. %s", account.name, error)
    with db.session() as session:
        if not leftovers.take(session, left):
            return None
    if not _deleted(access, account, left):
        with db.session() as session:
            leftovers.put_back(session, left)
    return None


def _deleted(access: str, account: Account, left: Leftover) -> bool:
    try:
        drafts.discard(mailbox_of(account, left.sender), access, left.draft_id)
    except (DeliveryError, TokenRefused) as error:
        log.info("Message %s: its draft stays for now. %s", left.message_id, error)
        return False
    log.info("Message %s: its draft was deleted.", left.message_id)
    return True


def mailbox_of(account: Account, sender: str) -> str:
    """Return where an account's drafts from this address are, or from its own."""
    whose = (sender or account.sender or "") if account.by_application else ""
    return graph.mailbox(config.current().graph_url, whose)
