"""Mail Server Logs: what went wrong, why, by which settings, and how it is found."""

import re
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from portal import db
from portal.errors import Answer
from portal.explanations import graph, network, sign_in
from portal.mail.journal import Event
from portal.web.log.asked import PAGE
from portal.workspace import accounts
from portal.workspace.accounts import Server
from tests.trip import ANN
from tests.web.browsing import BASE, Browser, heading, words
from tests.web.posting import put
from tests.web.telling import numbers, tell, tried
from tests.workspace import grants

HOSTILE = "<script>alert(1)</script>\"'><img src=x>"
REQUEST = "3c8f0e52-9b1d-4d4a-8a3e-1f60a7f5c2b1"


def test_a_line_tells_how_why_when_and_by_what(sender: Browser) -> None:
    tell(
        cause=graph.NO_SEND_AS.name, reason=graph.NO_SEND_AS.sentence, snapshot=tried()
    )

    page = sender.get("/log")

    assert heading(page) == "Mail Server Logs"
    for told in (
        *("OAuth (Graph)", "Failed", "No Send As right", "UTC", "127.0.0.1"),
        *("a Microsoft 365 admin", *graph.NO_SEND_AS.steps),
        *("Tenant ID", "Application (Client) ID", "Redirect URI"),
    ):
        assert told in words(page)


def test_a_line_opens_to_what_was_changed_since(sender: Browser) -> None:
    tell(snapshot=tried())
    grants.send_as("noreply@contoso.example")

    page = sender.get("/log?status=failed").text

    changed = re.findall(r'class="changed">(.*?)</tr>', page, re.DOTALL)
    assert len(changed) == 1
    assert "From Email Address" in changed[0]
    assert "noreply@contoso.example" in changed[0]
    assert "1 changed since" in page


def test_successes_are_shown_to_whom_asks(sender: Browser) -> None:
    sent, failed = tell(Event.SENT, ""), tell()

    problems = numbers(sender.get("/log").text)

    assert failed in problems
    assert sent not in problems
    assert numbers(sender.get("/log?status=sent").text) == [sent]
    assert numbers(sender.get("/log?status=all").text)[:2] == [failed, sent]


def test_the_log_is_searched_and_sifted(sender: Browser) -> None:
    dns = tell(cause=network.UNRESOLVED.name, reason="Could not resolve.")
    asked = tell(answer=Answer(status=550, code="5.1.1", request_id=REQUEST))

    for address, shown in {
        "/log?topic=dns": [dns],
        "/log?q=resolve": [dns],
        "/log?q=5.1.1": [asked],
        f"/log?q={REQUEST}": [asked],
        "/log?account=default&since=1h&status=failed": [asked, dns],
        "/log?account=default&topic=graph": [],
    }.items():
        assert numbers(sender.get(address).text) == shown, address


def test_what_is_asked_for_stays_in_the_form_and_in_the_links(sender: Browser) -> None:
    for _ in range(PAGE + 1):
        tell(reason="a&b")

    page = sender.get("/log?q=a%26b&status=failed&since=7d").text
    [older] = re.findall(r'href="(/log\?[^"]*before=\d+)"', page)

    assert 'value="a&amp;b"' in page
    assert '<option value="failed" selected>' in page
    assert "q=a%26b" in older
    assert len(numbers(sender.get(older.replace("&amp;", "&")).text)) == 1


def test_one_line_can_be_linked_to(sender: Browser) -> None:
    first, _ = tell(), tell()

    page = sender.get(f"/log?status=all&line={first}").text

    assert numbers(page)[0] == first
    assert len(re.findall(r"<details open>", page)) == 1


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("default", '<a href="/settings">Tenant Settings</a>'),
        ("by a user", '<a href="/accounts/{id}/settings">Settings</a>'),
        ("by a server", '<a href="/accounts/{id}">Settings</a>'),
    ],
)
def test_a_line_leads_to_where_its_own_account_is_put_right(
    sender: Browser, name: str, page: str
) -> None:
    with db.session() as session:
        accounts.add_delegated(session, "by a user", by=ANN)
        server = Server(host="smtp.contoso.example", port=587)
        accounts.add_smtp(session, "by a server", [ANN], server, by=ANN)
        account_id = accounts.find(session, name).id
    row = sign_in.PASSWORD_CHANGED
    tell(Event.ACCOUNT_HELD, row.sentence, cause=row.name, account_id=account_id)

    lines = sender.get("/log").text.partition('<ol id="lines"')[2]

    assert page.format(id=account_id) in lines
    assert lines.count("ettings</a>") == 1


def test_a_line_leads_to_its_message(sender: Browser) -> None:
    message: UUID = put()
    tell(message_id=message)

    assert f'href="/messages/{message}"' in sender.get("/log").text


@pytest.mark.parametrize(
    "query",
    ["before=x", "before=-1", "before=" + "9" * 40, "status=x", "topic=1", "since=9y",
     "account=nobody", "line=²"],
)  # fmt: skip
def test_what_is_no_filter_counts_as_not_said(sender: Browser, query: str) -> None:
    number = tell()

    page = sender.client.get(f"/log?{query}", base_url=BASE)

    assert numbers(page.text)[0] == number


def test_nothing_wrong_is_said(ann: Browser) -> None:
    assert "Nothing went wrong so far." in words(ann.get("/log"))
    assert "No such line." in words(ann.get("/log?q=nowhere"))


def test_a_look_that_stopped_leads_further_back(client: FlaskClient) -> None:
    page = client.get("/pages/log-stopped")

    assert "Nothing among the lines looked through." in words(page)
    assert 'href="/log?q=x&amp;before=7">Look further back</a>' in page.text


def test_what_others_said_cannot_bring_markup(sender: Browser) -> None:
    tell(
        reason=HOSTILE,
        cause=HOSTILE,
        answer=Answer(status=500, code=HOSTILE, text=HOSTILE),
    )

    page = sender.get("/log").text

    assert "&lt;img src=x&gt;" in page
    assert "<img" not in page


def test_only_admins_read_it(sender: Browser) -> None:
    stranger = sender.client.application.test_client()

    assert stranger.get("/log", base_url=BASE).status_code == 303
