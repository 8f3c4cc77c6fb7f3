"""An account of Google Workspace on its pages: typed, kept, refused, declined."""

from dataclasses import replace
from typing import Any

import pytest

from portal import config, db
from portal.sandbox.google.people import CLIENT_ID, CLIENT_SECRET
from portal.workspace import accounts
from portal.workspace.accounts import Account, servers
from portal.workspace.accounts.servers import Authentication, Provider, Server
from tests.sandbox.serving import Sandbox
from tests.web.browsing import Browser, words
from tests.web.posting import ask, mark

DANA = "dana@northwind.example"
SALES = {
    "name": "Sales",
    "enabled": "y",
    "way": "smtp",
    "kind": "smtp",
    "host": "smtp.gmail.com",
    "port": "587",
    "safe": "y",
    "security": "starttls",
    "authenticated": "y",
    "authentication": "consent",
    "provider": "google",
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
    "username": DANA,
    "sender": DANA,
}


@pytest.fixture
def sales(ann: Browser, sandbox: Sandbox) -> Account:
    """Add an account whose user signs in at the sandbox's Google."""
    config.use(replace(config.current(), google_url=f"{sandbox.url}/google"))
    answer = ann.post("/accounts", SALES, form_at="/accounts/new")
    assert answer.status_code == 303, words(answer)
    with db.reading() as session:
        return accounts.find(session, "Sales")


def server(account: Account) -> Server:
    with db.reading() as session:
        return servers.of(session, account.id)


def save(ann: Browser, account: Account, **changed: str) -> str:
    at, seen = f"/accounts/{account.id}", {"seen": mark(ann, account.id)}
    return words(ann.follow(ann.post(at, SALES | changed | seen, form_at=at)))


def test_what_is_typed_is_kept_and_its_secret_is_not_shown(
    ann: Browser, sales: Account
) -> None:
    page = ann.get(f"/accounts/{sales.id}")

    assert server(sales) == Server(
        host="smtp.gmail.com",
        port=587,
        authentication=Authentication.CONSENT,
        username=DANA,
        provider=Provider.GOOGLE,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
    )
    assert f'value="{CLIENT_ID}"' in page.text
    assert 'value="http://localhost:5000/callback/google"' in page.text
    assert CLIENT_SECRET not in page.text


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        ({"client_secret": ""}, {"client_secret": CLIENT_SECRET}),
        ({"client_secret": " renewed\n"}, {"client_secret": "renewed"}),
        (
            {"authentication": "password", "password": "open", "host": "mail.example"},
            {"provider": Provider.MICROSOFT, "client_id": "", "client_secret": ""},
        ),
    ],
)
def test_a_secret_stays_while_its_client_signs_somebody_in(
    ann: Browser, sales: Account, changed: dict[str, str], kept: dict[str, Any]
) -> None:
    page = save(ann, sales, **changed)

    assert "Changes have been saved!" in page
    assert vars(server(sales)).items() >= kept.items()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"client_id": " "}, "Copy it from the Google Cloud console."),
        (
            {"client_id": "another", "client_secret": ""},
            "the secret of an OAuth client",
        ),
        ({"host": "smtp.office365.com"}, "for Gmail alone, smtp.gmail.com"),
        ({"provider": "yahoo"}, "Invalid value"),
    ],
)
def test_what_could_not_work_is_refused(
    ann: Browser, sales: Account, changed: dict[str, str], why: str
) -> None:
    before = server(sales)

    page = save(ann, sales, **changed)

    assert why in page
    assert server(sales) == before


def test_nobody_else_can_approve_what_its_user_declined(
    ann: Browser, sales: Account
) -> None:
    change = ask(ann, sales)
    waiting = ann.get(f"/accounts/{sales.id}?change={change}")

    ended = ann.follow(ann.travel(f"/consent/{change}", DANA, "cancel"))

    assert "Continue to Google" in words(waiting)
    assert "declined at Google" in words(ended)
    assert "/approve/" not in waiting.text + ended.text
