"""Connecting by a code that the mailbox's user types in on another device."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from portal import db
from portal.errors import NotAllowed
from portal.microsoft import issuer as microsoft
from portal.microsoft.login import Registration, device
from portal.microsoft.login.device import Code
from portal.workspace import registration
from portal.workspace.accounts import Account
from portal.workspace.accounts.servers import Provider
from portal.workspace.consent import connect
from portal.workspace.consent.changes import Change

NO_CODE = (
    "Google lets nobody allow mail by a code. Please connect by the link: portal"
    " connect NAME"
)


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A change, and the code by which somebody signs in for it."""

    change_id: UUID
    code: Code
    registration: Registration
    asked: frozenset[str]


def check(account: Account) -> None:
    """Raise NotAllowed if nobody can sign in for an account by a code."""
    if account.submits and account.provider == Provider.GOOGLE:
        raise NotAllowed(NO_CODE)


def depart(change: Change) -> Visit:
    """Get a code for a change; raise NotConnected or IssuerError."""
    with db.reading() as session:
        chosen = registration.known(session)
    with connect.keeping_trouble(change.id):
        code = device.ask(chosen, change.wanted)
    return Visit(
        change_id=change.id, code=code, registration=chosen, asked=change.wanted
    )


def arrive(visit: Visit, wait: Callable[[float], object]) -> Change:
    """Wait until somebody has signed in: the change is applied, or is to be confirmed.

    Checked as after a trip of a browser. Raises ConsentFailed, IssuerError or
    Conflict; then nothing has changed.
    """
    with connect.keeping_trouble(visit.change_id):
        grant = device.redeem(visit.registration, visit.code, visit.asked, wait)
        issuer = microsoft.of(visit.registration)
        consent = connect.prove(issuer, grant, visit.asked, None)
        return connect.settle(visit.change_id, consent, None)
