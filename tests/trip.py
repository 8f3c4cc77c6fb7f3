"""A trip to Microsoft as a test makes it: registered, asked for, signed in, applied."""

from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from portal import config, db
from portal.config import Config
from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from portal.workspace import accounts, connections, registration
from portal.workspace.connections import Connection
from portal.workspace.consent import approval, changes, trips
from portal.workspace.consent import connect as connecting
from portal.workspace.consent.changes import Change, Wish
from portal.workspace.consent.trips import Callback, Purpose, Way
from tests.sandbox.serving import Sandbox

ANN = "admin@contoso.example"
BROWSER = "a browser's own secret, long enough"


def register(admin: str | None = None, secret: str = CLIENT_SECRET) -> None:
    """Register the application that the sandbox knows, where settings say it is."""
    with db.session() as session:
        application = registration.application(
            tenant=TENANT_ID,
            client_id=CLIENT_ID,
            secret=secret,
            certificate=None,
        )
        registration.register(session, application, admin=admin, replace=True)


def invite(sender: str | None = None, name: str | None = None) -> str:
    """Ask for a connection as the operator; return the link's secret."""
    with db.session() as session:
        account = accounts.find(session, name)
        return changes.invite(session, account.id, sender, "operator").link


def ask(sender: str, *, large: bool = False, by: str = ANN) -> Change:
    """Ask for a change as somebody who sees the settings as they are now."""
    with db.session() as session:
        account = accounts.find(session)
        wish = Wish(sender=sender, large=large, version=account.version)
        return changes.ask(session, account.id, wish, by)


def depart(link: str, browser: str = BROWSER) -> str:
    """Begin the trip of a connection link; return where Microsoft is."""
    with db.session() as session:
        change = changes.follow(session, link)
        departure = connecting.depart(session, change, browser, Way.LINK)
    return departure()


def depart_to_approve(link: str, browser: str = BROWSER) -> str:
    """Begin the trip of an approval link; return where Microsoft is."""
    with db.session() as session:
        departure = approval.depart_by_link(session, link, browser)
    return departure()


def arrive(
    address: str, browser: str = BROWSER, admin: str | None = None
) -> Change | None:
    """End a trip with the address that Microsoft sent the browser back to."""
    query = dict(parse_qsl(urlsplit(address).query))
    names = ("state", "code", "error", "error_description")
    brought = {name: query.get(name, "") for name in names}
    at, issuer = address.partition("?")[0], query.get("iss", "")
    callback = Callback(browser=browser, at=at, issuer=issuer, **brought)
    with db.session() as session:
        trip = trips.redeem(session, callback)
    if trip.purpose == Purpose.APPROVE:
        approval.arrive(trip, callback)
        return None
    return connecting.arrive(trip, callback, admin)


def connect_as(
    sandbox: Sandbox, as_: str, sender: str | None = None, name: str | None = None
) -> tuple[Connection, str]:
    """Connect an account, the default one, as somebody; return connection and From."""
    change = arrive(sandbox.sign_in(None, depart(invite(sender, name)), as_=as_))
    assert change is not None
    if change.proposal is not None:
        confirm(change, "operator")
    return in_force(name)


def connect_large(
    house: Config, sandbox: Sandbox, as_: str, sender: str
) -> tuple[Connection, str]:
    """Let a house connect its default account with large file attachments."""
    config.use(replace(house, login_url=sandbox.url, graph_url=sandbox.url))
    register()
    change = arrive(
        sandbox.sign_in(None, depart(ask(sender, large=True).link), as_=as_), admin=ANN
    )
    assert change is not None
    if change.proposal is not None:
        confirm(change, ANN)
    return in_force()


def confirm(shown: Change, by: str) -> Change:
    """Use the account that a change was shown with."""
    mark = shown.proposal.mark if shown.proposal else ""
    return connecting.confirm(shown.id, mark, by)


def in_force(name: str | None = None) -> tuple[Connection, str]:
    """Return what an account sends by, the default one, and as whom."""
    with db.reading() as session:
        account = accounts.find(session, name)
        connection = connections.find(session, account.id)
    assert connection is not None
    assert account.sender is not None
    return connection, account.sender


def connect(sandbox: Sandbox, as_: str, sender: str | None = None) -> Connection:
    """Register, and connect the default account as somebody."""
    register()
    connection, _ = connect_as(sandbox, as_, sender)
    return connection
