"""Accounts that submit by SMTP with the sign-in of a user: it is for one mailbox."""

from sqlalchemy.orm import Session

from portal.mail import journal, lanes
from portal.mail.journal import Event, Line
from portal.mail.outbox import overdue
from portal.workspace import accounts, connections, in_force
from portal.workspace.accounts import Account, Server, servers
from portal.workspace.accounts.servers import Authentication
from portal.workspace.consent import changes
from portal.workspace.consent.changes import Outcome

ENDED = (
    "The account signs in at its server in another way now, so the sign-in of before"
    " has ended."
)
MOVED = "How it reaches its server was set anew."


def move(session: Session, account: Account, server: Server) -> None:
    """Let an account send by this server from now on, and go on; raise NotAllowed.

    A user's sign-in for another mailbox ends, and the mail waits for the next one. The
    server that it has already lets nothing go.
    """
    before = servers.of(session, account.id)
    if server == before:
        return
    accounts.move(session, account.id, server)
    if _signs_in(before) != _signs_in(server):
        _end(session, account)
    wait(session, account)
    overdue.release(session, account.id, MOVED, in_force.take(session, account.id))


def wait(session: Session, account: Account) -> None:
    """Let an account's mail wait if it cannot leave before somebody has signed in."""
    submits = accounts.by_id(session, account.id).submits
    if submits and connections.find(session, account.id) is None:
        lanes.close(session, account.id)


def remove(session: Session, account: Account, by: str) -> None:
    """Remove an account, and end the sign-in that it sends by; raise NotAllowed."""
    accounts.remove(session, account, by)
    changes.end(session, account.id, Outcome.RESET)
    connections.erase(session, account.id)


def _signs_in(server: Server) -> tuple[str, str, str] | None:
    """Name the mailbox that a user signs in for, where and as which client."""
    if server.authentication != Authentication.CONSENT:
        return None
    return server.provider, server.client_id, server.username.casefold()


def _end(session: Session, account: Account) -> None:
    changes.end(session, account.id, Outcome.RESET)
    if connections.find(session, account.id) is None:
        return
    before = in_force.take(session, account.id)
    connections.erase(session, account.id)
    line = Line(
        event=Event.ACCOUNT_HELD,
        account_id=account.id,
        reason=ENDED,
        snapshot=before,
    )
    journal.write(session, line)
