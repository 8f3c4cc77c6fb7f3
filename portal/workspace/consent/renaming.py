"""Renaming: From follows a mailbox that was renamed, or stays, as an admin says."""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.orm import Session

from portal.errors import Conflict
from portal.mail import lanes, spelling
from portal.workspace import accounts, audit, connections
from portal.workspace.accounts import Account, Settings, entries, servers
from portal.workspace.consent import changes
from portal.workspace.consent.changes import Outcome

OTHERWISE = "This mailbox is called otherwise by now, or somebody has said already."


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What an admin was shown when they decided."""

    version: int  # of the settings
    name: str  # what the mailbox was called


def follow(session: Session, account_id: UUID, seen: Seen, by: str) -> None:
    """Send from the new name of the mailbox, from the next message on; raise Conflict.

    Microsoft need not be asked: a mailbox may always send as itself.
    """
    account = _decided(session, account_id, seen)
    changes.end(session, account_id, Outcome.REPLACED)
    if account.by_smtp:
        _submit_as(session, account, seen.name, by)
    else:
        large = account.large_attachments
        settings = Settings(sender=seen.name, large_attachments=large)
        accounts.apply(session, account_id, settings, by)
        lanes.probe(session, account_id)  # what held it may be over
    audit.note(session, by, "changed From to the mailbox's new name", seen.name)


def stay(session: Session, account_id: UUID, seen: Seen, by: str) -> None:
    """Leave From as it is, and ask no more; raise Conflict."""
    account = _decided(session, account_id, seen)
    action = "kept From of the renamed mailbox"
    audit.note(session, by, action, account.sender or "")


def _submit_as(session: Session, account: Account, name: str, by: str) -> None:
    """Let an account sign in at its server by the new name as well.

    The sign-in of its user goes on: it is the same mailbox.
    """
    server = servers.of(session, account.id)
    if spelling.same(server.username, account.sender or ""):
        accounts.move(session, account.id, replace(server, username=name))
    others = account.senders[1:]
    accounts.readdress(session, account, list(dict.fromkeys([name, *others])), by)
    told = entries.changes(session, account, server)
    entries.change(session, account, by, *told)


def _decided(session: Session, account_id: UUID, seen: Seen) -> Account:
    """Return the account, as it is and was seen, once nobody else can decide."""
    account = accounts.lock(session, account_id)
    if account.version != seen.version:
        raise Conflict(accounts.changed_meanwhile(account))
    connection = connections.find(session, account_id)
    decided = connection and connections.decide(session, connection.id, seen.name)
    if not decided:
        raise Conflict(OTHERWISE)
    return account
