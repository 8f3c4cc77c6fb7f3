"""What anybody sees who reaches the portal."""

import re

import pytest
from flask import Flask, render_template
from flask.testing import FlaskClient

from portal import db, vault
from portal.mail import lanes
from portal.workspace import accounts
from portal.workspace.standing import State
from tests.trip import ANN
from tests.web.browsing import Browser
from tests.web.posting import put

# In the footer: what mail leaves by, and that this is nobody's product.
OURS = (
    "through Microsoft 365, Google Workspace or an SMTP server. It is no product of"
    " Microsoft or Google."
)


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_first_page_says_that_the_portal_runs_and_what_to_do(
    visitor: FlaskClient,
) -> None:
    page = visitor.get("/")

    assert page.status_code == 200
    assert "<h1>Mail Portal is running</h1>" in page.text
    assert "Not registered" in words(page.text)
    assert "portal register" in words(page.text)


def test_without_the_key_it_says_that_nothing_is_lost(visitor: FlaskClient) -> None:
    vault.lock()

    page = words(visitor.get("/").text)

    assert "Can't decrypt" in page
    assert "Nothing is lost and nothing is overwritten." in page


def test_a_stranger_learns_that_it_runs_and_nothing_of_how(
    ann: Browser, anybody: Browser
) -> None:
    before = anybody.get("/").text
    ann.enable(ANN)
    put()
    connected = anybody.get("/").text
    with db.session() as session:
        lanes.hold(session, accounts.find(session).id, lanes.Hold(reason="No Send As."))
    held = anybody.get("/").text

    assert "Mail Portal is running" in words(held)
    assert "Settings are for workspace admins." in words(held)
    assert before == connected == held


@pytest.mark.parametrize(
    ("state", "headline"),
    [
        (None, "Sign in to see how it stands"),
        (State.NOT_REGISTERED, "No sender yet"),
        (State.CANNOT_DECRYPT, "This database was sealed with another key"),
    ],
)
def test_what_strangers_read_is_true_of_every_portal(
    showing: Flask, state: State | None, headline: str
) -> None:
    with showing.test_request_context("/"):
        page = render_template("home/index.html", state=state)

    assert headline in words(page)
    assert "Microsoft" not in words(page).replace(OURS, "")
    assert "@" not in words(page).replace("YOU@YOUR-COMPANY", "")


@pytest.mark.parametrize(
    ("method", "address", "status", "said"),
    [
        ("GET", "/nowhere", 404, "There is nothing here"),
        ("DELETE", "/", 405, "That does not work this way"),
        ("POST", "/", 405, "That does not work this way"),
    ],
)
def test_an_error_is_a_page_too(
    visitor: FlaskClient, method: str, address: str, status: int, said: str
) -> None:
    page = visitor.open(address, method=method)

    assert page.status_code == status
    assert said in page.text
    assert page.headers["Cache-Control"] == "no-store"
