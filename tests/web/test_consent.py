"""The connection link and the callback, as a browser that holds the link meets them."""

import logging
import re
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal import config, db
from portal.app import create_app
from portal.config import Config
from portal.workspace import accounts, connections
from tests import stored, trip
from tests.sandbox.serving import Sandbox, serve

BASE = "http://localhost:5000"
SUCCEEDED = "<h1>Email OAuth 2.0 authentication succeeded</h1>"


@pytest.fixture
def near(house: Config, sandbox: Sandbox) -> Config:
    """Open a house that is registered with the sandbox."""
    chosen = replace(house, login_url=sandbox.url, graph_url=sandbox.url)
    config.use(chosen)
    trip.register()
    return chosen


@pytest.fixture
def browser(near: Config) -> FlaskClient:
    """Hold nothing but a connection link."""
    return create_app(near).test_client()


def visit(browser: FlaskClient, address: str) -> TestResponse:
    """Open an address of the portal."""
    parts = urlsplit(address)
    return browser.get(f"{parts.path}?{parts.query}", base_url=BASE)


def away(browser: FlaskClient, link: str) -> str:
    """Follow a connection link; return where Microsoft is."""
    answer = visit(browser, f"/connect/{link}")
    assert answer.status_code == 302
    return answer.headers["Location"]


def heading(page: TestResponse) -> str:
    (found,) = re.findall(r"<h1>(.*?)</h1>", page.text)
    return str(found)


def connected() -> str | None:
    with db.reading() as session:
        found = connections.find(session, accounts.find(session).id)
    return found.username if found else None


def test_a_link_leads_to_microsoft_and_marks_the_browser(browser: FlaskClient) -> None:
    answer = visit(browser, f"/connect/{trip.invite()}")

    (cookie,) = answer.headers.getlist("Set-Cookie")
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert answer.status_code == 302
    assert query["redirect_uri"] == [f"{BASE}/callback"]
    assert query["prompt"] == ["select_account"]
    assert "login_hint" not in query
    assert cookie.startswith("browser=")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= {*cookie.split("; ")}
    assert "Secure" not in cookie


def test_on_https_no_other_site_can_set_the_mark(near: Config) -> None:
    chosen = replace(near, base_url="https://mail.example.com")
    browser = create_app(chosen).test_client()

    answer = browser.get(f"/connect/{trip.invite()}", base_url=chosen.base_url)

    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-browser=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {*cookie.split("; ")}
    assert "Domain" not in cookie


def test_whoever_signs_in_is_connected(browser: FlaskClient, sandbox: Sandbox) -> None:
    back = sandbox.sign_in(None, away(browser, trip.invite()))

    page = visit(browser, back)

    assert page.status_code == 200
    assert SUCCEEDED in page.text
    assert "admin@contoso.example" in page.text
    assert connected() == "admin@contoso.example"


def test_who_signs_in_for_another_address_learns_of_send_as(
    browser: FlaskClient, sandbox: Sandbox
) -> None:
    link = trip.invite("noreply@contoso.example")

    page = visit(browser, sandbox.sign_in(None, away(browser, link)))

    assert SUCCEEDED in page.text
    assert "Send As" in page.text
    assert "noreply@contoso.example" in page.text


def test_nothing_secret_stands_on_any_page(
    browser: FlaskClient, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="portal")
    back = sandbox.sign_in(None, away(browser, trip.invite()))
    query = parse_qs(urlsplit(back).query)

    pages = [visit(browser, back), visit(browser, back)]

    told = caplog.text + "".join(f"{page.headers}{page.text}" for page in pages)
    assert [page.status_code for page in pages] == [200, 400]
    assert [name for name in query if query[name][0] in told] == []
    assert {page.headers["Referrer-Policy"] for page in pages} == {"no-referrer"}
    assert {page.headers["Cache-Control"] for page in pages} == {"no-store"}


@pytest.mark.parametrize("answer", ["cancel", "wall"])
def test_a_sign_in_that_fails_says_why_and_may_be_tried_again(
    browser: FlaskClient, sandbox: Sandbox, answer: str
) -> None:
    link = trip.invite()
    as_ = "admin@contoso.example" if answer == "cancel" else "alex@contoso.example"
    if answer == "wall":
        sandbox.fault("user-consent-off")

    back = sandbox.sign_in(None, away(browser, link), as_=as_, answer=answer)
    page = visit(browser, back)

    assert page.status_code == 400
    assert heading(page) != "This sign-in is over"
    assert f'href="/connect/{link}"' in page.text
    assert "Try again" in page.text
    assert connected() is None
    assert SUCCEEDED in visit(browser, sandbox.sign_in(None, away(browser, link))).text


def test_another_browser_cannot_end_the_trip(
    browser: FlaskClient, sandbox: Sandbox, near: Config
) -> None:
    back = sandbox.sign_in(None, away(browser, trip.invite()))
    other = create_app(near).test_client()

    pages = [visit(other, back), visit(browser, back)]

    assert [page.status_code for page in pages] == [400, 200]
    assert heading(pages[0]) == "This sign-in is over"
    assert "Try again" not in pages[0].text


def test_a_trip_ends_once(browser: FlaskClient, sandbox: Sandbox) -> None:
    back = sandbox.sign_in(None, away(browser, trip.invite()))
    visit(browser, back)

    again = visit(browser, back)

    assert again.status_code == 400
    assert heading(again) == "This sign-in is over"
    assert stored.rows("connection") == 1


def test_no_way_is_offered_back_to_a_link_that_has_ended(
    browser: FlaskClient, sandbox: Sandbox
) -> None:
    back = sandbox.sign_in(None, away(browser, trip.invite()), answer="cancel")
    trip.invite()

    page = visit(browser, back)

    assert page.status_code == 400
    assert "Try again" not in page.text


@pytest.mark.parametrize(
    "link", ["used", "x", "%00", "a" * 5000, "%F0%9F%92%8C", "%ff"]
)
def test_a_link_that_leads_nowhere_says_how_to_get_another(
    browser: FlaskClient, sandbox: Sandbox, link: str
) -> None:
    if link == "used":
        link = trip.invite()
        visit(browser, sandbox.sign_in(None, away(browser, link)))

    page = visit(browser, f"/connect/{link}")

    assert page.status_code == 404
    assert heading(page) == "This link has ended"
    assert "Ask for a new link" in page.text


@pytest.mark.parametrize(
    "query",
    [
        "",
        "state=&code=",
        "code=x",
        "state=%00&code=%00",
        "state=%FF&code=%FF",
        "state=a&state=b&code=c&code=d",
        f"state={'s' * 100_000}&code={'c' * 100_000}",
        "error=access_denied&error_description=<script>alert(1)</script>",
        "state=%F0%9F%92%8C&error=%0d%0aSet-Cookie:a=b",
        "state[]=a&code[$gt]=",
    ],
)
def test_a_callback_that_nobody_waits_for_changes_nothing(
    browser: FlaskClient, query: str
) -> None:
    visit(browser, f"/connect/{trip.invite()}")

    page = visit(browser, f"/callback?{query}")

    assert page.status_code == 400
    assert heading(page) == "This sign-in is over"
    assert "<script>" not in page.text
    assert "Set-Cookie" not in page.headers
    assert connected() is None


def test_what_the_callback_claims_is_shown_as_text_only(browser: FlaskClient) -> None:
    address = away(browser, trip.invite())
    (state,) = parse_qs(urlsplit(address).query)["state"]
    claims = {"state": state, "error": "<b>x", "error_description": "<script>1"}

    page = visit(browser, f"/callback?{urlencode(claims)}")

    assert page.status_code == 400
    assert "<b>x" not in page.text
    assert "<script>1" not in page.text


@pytest.mark.parametrize("cookie", ["", "x" * 4000, "\x7f", "a=b"])
def test_a_mark_that_is_not_ours_is_no_mark(
    browser: FlaskClient, sandbox: Sandbox, cookie: str
) -> None:
    back = sandbox.sign_in(None, away(browser, trip.invite()))
    browser.set_cookie("browser", cookie, domain="localhost")

    assert visit(browser, back).status_code == 400
    assert connected() is None


def test_microsoft_out_of_reach_can_be_tried_again(browser: FlaskClient) -> None:
    with serve() as short_lived:
        config.use(replace(config.current(), login_url=short_lived.url))
        link = trip.invite()
        back = short_lived.sign_in(None, away(browser, link))

    page = visit(browser, back)

    assert page.status_code == 400
    assert f'href="/connect/{link}"' in page.text
    assert connected() is None


def test_without_a_registration_the_link_says_so(house: Config) -> None:
    browser = create_app(house).test_client()

    page = visit(browser, f"/connect/{trip.invite()}")

    assert page.status_code == 409
    assert "No application is registered yet." in page.text
