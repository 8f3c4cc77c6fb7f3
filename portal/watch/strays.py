"""Strays: a draft that turns up after another was sent in its place is deleted."""

import logging
import threading

from portal import db
from portal.errors import DeliveryError, IssuerError, NotConnected
from portal.mail.leftovers import strays
from portal.mail.leftovers.strays import Stray
from portal.mail.outbox import claims
from portal.microsoft import drafts
from portal.microsoft.graph import TokenRefused
from portal.watch import leftovers
from portal.workspace import accounts, tokens
from portal.workspace.accounts import Account

REQUESTS = 2  # the mailbox is searched, and a draft deleted

log = logging.getLogger(__name__)


def delete_all(stopping: threading.Event) -> None:
    """Look for whatever may have turned up, in one mailbox after another."""
    with db.session() as session:
        strays.collect(session)
    for account, stray in due():
        if not stopping.is_set():
            look(account, stray)


def due() -> list[tuple[Account, Stray]]:
    """Return what may be looked for now, of each account that may read its mailbox."""
    with db.reading() as session:
        return [
            (account, stray)
            for account in accounts.every(session)
            if (mailbox := leftovers.lane_key(session, account))
            for stray in strays.find(session, account.id, mailbox)
        ]


def look(account: Account, stray: Stray) -> None:
    """Search a mailbox for a draft, and delete it; what fails is done again later."""
    with db.session() as session:
        if not claims.spare(session, account.id, REQUESTS):
            return
    try:
        _delete(account, stray)
    except (NotConnected, IssuerError, DeliveryError, TokenRefused) as error:
        log.info("Message %s: no stray was looked for. %s", stray.message_id, error)


def _delete(account: Account, stray: Stray) -> None:
    access = tokens.current(account.id).access
    at = leftovers.mailbox_of(account, stray.sender)
    found = drafts.search(at, access, stray.internet_message_id)
    unsent = [each.id for each in found if each.draft]
    with db.session() as session:
        unwanted = strays.seen(session, stray, unsent)
    for each in unwanted:
        drafts.discard(at, access, each)
        log.info("Message %s: a stray draft was deleted.", stray.message_id)
