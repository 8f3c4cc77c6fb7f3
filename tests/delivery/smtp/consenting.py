"""The sign-in that an account submits by, as these tests ask for it and look at it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from portal import clock, db
from portal.workspace import accounts, connections
from portal.workspace.accounts import Account
from portal.workspace.accounts.servers import Authentication, Server
from portal.workspace.connections import ConnectionRow
from portal.workspace.consent import changes
from portal.workspace.consent.changes import Change
from tests import trip
from tests.delivery.smtp.posting import NAME
from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import REPORTS


def server(sandbox: Sandbox, **more: Any) -> Server:
    """Say how the sandbox takes mail from a user of Microsoft's."""
    assert sandbox.smtp
    known = Server(
        host="localhost",
        port=sandbox.smtp.port,
        authentication=Authentication.CONSENT,
        username=REPORTS,
    )
    return replace(known, **more)


def invite(sender: str | None = None) -> Change:
    with db.session() as session:
        account = accounts.find(session, NAME)
        return changes.invite(session, account.id, sender, "operator")


def connect(sandbox: Sandbox, as_: str = REPORTS) -> Change:
    """Follow the account's connection link, and sign in."""
    change = trip.arrive(sandbox.sign_in(None, trip.depart(invite().link), as_=as_))
    assert change is not None
    return change


def found() -> Account:
    with db.reading() as session:
        return accounts.find(session, NAME)


def connection() -> ConnectionRow | None:
    with db.reading() as session:
        row = connections.in_use(session, found().id)
        session.expunge_all()
        return row


def age(since: timedelta = timedelta()) -> None:
    """Let the access token have ended, and have been consented to before then."""
    with db.session() as session:
        row = connections.in_use(session, accounts.find(session, NAME).id)
        assert row
        row.access_until = clock.now()
        row.connected_at -= since
