"""How often a page asks the database: as often for many accounts as for one.

A page that asks once more than it may is no fault by itself: whoever adds a question
says so here.
"""

from dataclasses import replace
from uuid import UUID

from portal import db
from portal.errors import Need
from portal.mail import journal
from portal.mail.journal import Event, Line
from portal.mail.outbox import State
from portal.workspace import accounts, connections, in_force
from portal.workspace.accounts import Account, Server
from portal.workspace.accounts.servers import Authentication, Provider
from portal.workspace.connections import Consent
from portal.workspace.registration import issuers
from tests.mail import backlog
from tests.trip import ANN
from tests.web.browsing import Browser
from tests.web.posting import put
from tests.workspace import grants

MOST = {
    "/": 29,
    "/settings": 22,
    "/log": 22,
    "/messages": 13,
    "/messages/{id}": 19,
    "/accounts": 17,
    "/alerts": 14,
}
GMAIL = Server(
    host="smtp.gmail.com",
    port=587,
    authentication=Authentication.CONSENT,
    username="dana@northwind.example",
    provider=Provider.GOOGLE,
    client_id="a-client",
    client_secret="geheim",
)
STUCK = (
    {"state": State.HELD, "needs": Need.LARGE_ATTACHMENTS},
    {"state": State.HELD},
    {"state": State.UNCONFIRMED},
)


def crowd(*names: str) -> None:
    """Add accounts of each kind, and mail and lines of the log for all there are."""
    for name in names:
        add(name)
    with db.session() as session:
        known = accounts.every(session)
        for account in known:
            snapshot = in_force.take(session, account.id)
            line = Line(
                event=Event.ACCOUNT_HELD, account_id=account.id, snapshot=snapshot
            )
            journal.write(session, line)
    for account in known:
        fill(account)


def add(name: str) -> None:
    own, server = [f"{name}@contoso.example"], Server(host=f"{name}.example", port=25)
    with db.session() as session:
        accounts.add_delegated(session, f"{name}, by a user", by=ANN)
        accounts.add(session, f"{name}, by itself", own, large=False, by=ANN)
        accounts.add_smtp(session, f"{name}, by a server", own, server, by=ANN)
        google = accounts.add_smtp(session, f"{name}, at Google", own, GMAIL, by=ANN)
        issuer = issuers.known(session, google.id)
        dana = replace(grants.WHO, tid="", username=GMAIL.username)
        consent = Consent(issuer=issuer, grant=grants.grant(), identity=dana, by=ANN)
        connections.keep(session, google.id, consent)


def fill(account: Account) -> None:
    """Let mail wait for a worker, and for a human in every way."""
    backlog.put(account.id)
    for values in STUCK:
        backlog.change(backlog.put(account.id), due_at=None, **values)


def asked(browser: Browser, message: UUID) -> dict[str, int]:
    """Return how many statements each page takes."""
    return {page: count(browser, page.format(id=message)) for page in MOST}


def count(browser: Browser, page: str) -> int:
    with backlog.spoken() as said:
        assert browser.get(page).status_code == 200
    return len(said)


def test_a_page_asks_no_more_often_about_many_accounts(sender: Browser) -> None:
    message = put()
    crowd("one")
    few = asked(sender, message)

    crowd("two", "three", "four")

    assert asked(sender, message) == few
    assert {page: n for page, n in few.items() if n > MOST[page]} == {}
