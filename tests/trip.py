"""A trip to Microsoft as a test makes it: registered, invited, signed in, applied."""

from urllib.parse import parse_qsl, urlsplit

from portal import db
from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from portal.workspace import accounts, registration
from portal.workspace.consent import changes, trips
from portal.workspace.consent.trips import Callback, Connected
from tests.sandbox.serving import Sandbox

BROWSER = "a browser's own secret, long enough"


def register() -> None:
    """Register the application that the sandbox knows, where settings say it is."""
    with db.session() as session:
        application = registration.application(
            tenant=TENANT_ID,
            client_id=CLIENT_ID,
            secret=CLIENT_SECRET,
            certificate=None,
        )
        registration.register(session, application, admin=None, replace=True)


def invite(sender: str | None = None) -> str:
    """Ask for a connection of the default account; return the link's secret."""
    with db.session() as session:
        account = accounts.find(session)
        return changes.invite(session, account.id, sender, "operator").secret


def depart(link: str, browser: str = BROWSER) -> str:
    """Begin a trip; return where Microsoft is."""
    with db.session() as session:
        return trips.depart(session, link, browser)


def arrive(address: str, browser: str = BROWSER) -> Connected:
    """End a trip with the address that Microsoft sent the browser back to."""
    query = dict(parse_qsl(urlsplit(address).query))
    names = ("state", "code", "error", "error_description")
    brought = {name: query.get(name, "") for name in names}
    return trips.arrive(Callback(browser=browser, **brought))


def connect(sandbox: Sandbox, as_: str, sender: str | None = None) -> Connected:
    """Register, and connect the default account as somebody."""
    register()
    return arrive(sandbox.sign_in(None, depart(invite(sender)), as_=as_))
