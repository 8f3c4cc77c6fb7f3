"""E-mail Authorization Required: on every page, until somebody has signed in."""

import re

import pytest
from sqlalchemy import update

from portal import db
from portal.workspace import accounts
from portal.workspace.connections import ConnectionRow
from tests.trip import ANN
from tests.web.browsing import Browser, words

REQUIRED = "E-mail Authorization Required"
EVERYWHERE = ("/", "/messages", "/log", "/accounts", "/keys", "/setup", "/nowhere")


@pytest.fixture
def refused(sender: Browser) -> Browser:
    """Sign Ann in at a portal whose sign-in Microsoft no longer accepts."""
    with db.session() as session:
        session.execute(update(ConnectionRow).values(trouble="The password changed."))
    return sender


def second(name: str = "Billing") -> str:
    """Add an account that was connected once; return where somebody signs in for it."""
    with db.session() as session:
        account = accounts.add_delegated(session, name, by=ANN)
        settings = accounts.Settings(sender=ANN, large_attachments=False)
        accounts.apply(session, account.id, settings, ANN)
    return f"/accounts/{account.id}/settings"


def buttons(browser: Browser, address: str) -> list[tuple[str, str]]:
    """Return where the buttons of the banner lead, and what they are called."""
    banner = re.search(r'aria-labelledby="awaited">.*?</section>', at(browser, address))
    found = re.findall(
        r'<a class="button mini" href="(.*?)">(.*?)</a>', banner[0] if banner else ""
    )
    return [
        (link, " ".join(re.sub("<.*?>", " ", name).split())) for link, name in found
    ]


def at(browser: Browser, address: str) -> str:
    return " ".join(browser.get(address).text.split())


def test_every_page_leads_to_the_button(refused: Browser) -> None:
    found = {address: buttons(refused, address) for address in EVERYWHERE}

    assert found == dict.fromkeys(EVERYWHERE, [("/settings", "Sign In")])
    assert "default sends nothing until somebody signs in for it." in (
        words(refused.get("/log"))
    )


def test_where_the_button_is_it_is_not_said_twice(refused: Browser) -> None:
    pages = [words(refused.get(each)) for each in ("/settings", "/settings/reset")]

    assert [page.count(REQUIRED) for page in pages] == [1, 1]
    assert buttons(refused, "/settings") == []


def test_each_account_has_a_button_that_names_it(refused: Browser) -> None:
    billing = second()

    assert buttons(refused, "/log") == [
        ("/settings", "Sign In default"),
        (billing, "Sign In Billing"),
    ]
    assert buttons(refused, billing) == [("/settings", "Sign In")]


def test_of_many_the_list_of_accounts_tells(refused: Browser) -> None:
    for name in "ABCD":
        second(name)

    page = words(refused.get("/log"))

    assert "2 more accounts wait for a sign-in" in page
    assert len(buttons(refused, "/log")) == 3


def test_it_interrupts_nobody(refused: Browser) -> None:
    assert 'role="alert"' not in refused.get("/log").text


def test_strangers_are_not_told(refused: Browser, anybody: Browser) -> None:
    pages = [anybody.get(each) for each in ("/", "/sign-in", "/setup", "/nowhere")]

    assert [REQUIRED in words(page) for page in pages] == [False] * 4


def test_it_is_over_once_somebody_has_signed_in(refused: Browser) -> None:
    change = refused.post("/settings/connection").headers["Location"].split("=")[1]

    refused.travel(f"/consent/{change}")

    assert [each for each in EVERYWHERE if REQUIRED in words(refused.get(each))] == []


def test_it_is_said_in_portuguese(refused: Browser) -> None:
    page = words(refused.get("/log", **{"Accept-Language": "pt-BR"}))

    assert "Autorização de e-mail necessária" in page
