"""The columns of Mail Server Logs, and the settings that a line opens to."""

import csv
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from portal import clock, config, db
from portal.errors import Answer
from portal.explanations import graph, smtp
from portal.mail import journal
from portal.mail.journal import Event, Line
from portal.sandbox.seeds import CLIENT_ID, TENANT_ID
from portal.web.log.export import SETTINGS
from portal.workspace import accounts, in_force, registration
from portal.workspace.accounts import Account, Server
from portal.workspace.accounts.servers import Authentication, Security
from tests import trip
from tests.conftest import Passing
from tests.trip import ANN
from tests.web.browsing import Browser
from tests.web.log_lines import Shown, lines

COLUMNS = [
    "Authentication Type",
    "Status",
    "Log Message",
    "Registered at",
    "Mail Settings",
]
BRANCH = Server(
    host="mail.branch.example",
    port=587,
    security=Security.STARTTLS,
    authentication=Authentication.PASSWORD,
    username="relay",
    password="geheim",
)
AT_MICROSOFT = Server(
    host="smtp.office365.com",
    port=587,
    authentication=Authentication.OAUTH,
    username=ANN,
)
NO_SUCH_USER = Answer(status=550, code="5.1.1", text="No such user here.")


def fail(account: Account, **said: Any) -> None:
    """Write the line of an attempt of this account, with what is in force now."""
    with db.session() as session:
        snapshot = in_force.take(session, account.id)
        line = Line(
            event=Event.FAILED, account_id=account.id, snapshot=snapshot, **said
        )
        journal.write(session, line)


def add(server: Server) -> Account:
    with db.session() as session:
        return accounts.add_smtp(session, "branch", [ANN], server, by=ANN)


def default() -> Account:
    with db.reading() as session:
        return accounts.find(session)


def move(account_id: UUID, server: Server) -> None:
    with db.session() as session:
        accounts.move(session, account_id, server)


def only(browser: Browser) -> Shown:
    """Return the one line of something that failed."""
    [line] = lines(browser, "/log?status=failed")
    return line


def test_a_line_of_basic_authentication_says_so_in_its_columns(
    ann: Browser, passes: Passing
) -> None:
    passes()
    row = smtp.NOBODY
    fail(add(BRANCH), reason=row.sentence, cause=row.name, answer=NO_SUCH_USER)

    columns = only(ann).columns

    now = clock.now()
    assert list(columns) == COLUMNS
    assert columns == {
        "Authentication Type": "Basic (SMTP)",
        "Status": "Failed",
        "Log Message": f"{row.title} {row.why} 550 5.1.1",
        "Registered at": f"{now.day} {now:%b %Y, %H:%M:%S} UTC",
        "Mail Settings": "mail.branch.example :587",
    }


def test_a_line_of_oauth_says_so_in_its_columns(
    sender: Browser, passes: Passing
) -> None:
    passes()
    row = graph.NO_SEND_AS
    fail(default(), reason=row.sentence, cause=row.name, answer=Answer(status=403))

    columns = only(sender).columns

    assert list(columns) == COLUMNS
    assert columns["Authentication Type"] == "OAuth (Graph)"
    assert columns["Status"] == "Failed"
    assert columns["Log Message"] == f"{row.title} {row.why} 403"
    assert columns["Registered at"].endswith(f"{clock.now():%H:%M:%S} UTC")
    assert columns["Mail Settings"] == "127.0.0.1"


def test_a_line_of_basic_authentication_opens_to_the_server_and_its_user(
    ann: Browser,
) -> None:
    fail(add(BRANCH))

    line = only(ann)

    assert line.changed == {}
    assert line.then == {
        "Transport": "SMTP",
        "Authentication Type": "Basic",
        "Hostname": "mail.branch.example",
        "Port": "587",
        "Username": "relay",
        "Encryption Type": "STARTTLS",
        "From Email Address": ANN,
    }


def test_a_line_of_oauth_opens_to_the_application(sender: Browser) -> None:
    fail(default())

    then = only(sender).then

    known = ("Transport", "Authentication Type", "Hostname", "Port")
    assert [then[name] for name in known] == [
        "Microsoft Graph",
        "OAuth",
        "127.0.0.1",
        str(urlsplit(config.current().graph_url).port),
    ]
    assert then["Connected as"] == ANN
    assert then["Tenant ID"] == TENANT_ID
    assert then["Application (Client) ID"] == CLIENT_ID
    assert then["Redirect URI"] == config.current().redirect_uri


def test_the_file_says_of_a_line_what_the_page_does_in_the_words_of_programs(
    sender: Browser,
) -> None:
    fail(default())
    heads, row, *_ = csv.reader(sender.get("/log/export").text.splitlines())
    told = dict(zip(heads, row, strict=True))

    then = only(sender).then

    written = {name: told[name] for name in SETTINGS.values() if told[name]}
    words = {"Transport": "graph", "Authentication Type": "oauth"}
    assert written.items() <= (then | words).items()
    assert {*SETTINGS.values()} - written.keys() == {"Username", "Encryption Type"}


def test_a_line_of_oauth_at_a_server_opens_to_both(ann: Browser) -> None:
    fail(add(AT_MICROSOFT))

    line = only(ann)

    assert line.columns["Authentication Type"] == "OAuth (SMTP)"
    assert line.columns["Mail Settings"] == "smtp.office365.com :587"
    then = line.then
    assert (then["Hostname"], then["Port"]) == ("smtp.office365.com", "587")
    assert (then["Username"], then["Encryption Type"]) == (ANN, "STARTTLS")
    assert then["Tenant ID"] == TENANT_ID
    assert then["Application (Client) ID"] == CLIENT_ID
    assert then["Redirect URI"] == config.current().redirect_uri


@pytest.mark.parametrize(
    ("changed", "name", "then", "now"),
    [
        ({"host": "new.branch.example"}, "Hostname", BRANCH.host, "new.branch.example"),
        ({"port": 25}, "Port", "587", "25"),
        ({"username": "mailer"}, "Username", "relay", "mailer"),
        ({"security": Security.TLS}, "Encryption Type", "STARTTLS", "TLS"),
    ],
)
def test_what_is_otherwise_now_stands_beside_what_was(
    ann: Browser, changed: dict[str, Any], name: str, then: str, now: str
) -> None:
    account = add(BRANCH)
    fail(account)

    move(account.id, replace(BRANCH, **changed))

    line = only(ann)
    assert (line.then[name], line.changed) == (then, {name: now})
    assert line.columns["Mail Settings"].endswith("1 changed since")


def test_another_application_shows_beside_the_one_that_was_refused(
    anybody: Browser,
) -> None:
    former = registration.application(
        tenant=TENANT_ID, client_id="former", secret="geheim", certificate=None
    )
    with db.session() as session:
        registration.register(session, former, admin=None, replace=True)
    fail(add(AT_MICROSOFT))

    trip.register(admin=ANN)
    anybody.sign_in()

    line = only(anybody)
    assert line.then["Application (Client) ID"] == "former"
    assert line.changed == {"Application (Client) ID": CLIENT_ID}
