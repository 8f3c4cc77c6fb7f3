"""Signing in and out: who gets a session, and where they go on."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from portal import config, db
from portal.app import create_app
from portal.config import Config
from portal.sandbox.seeds import CLIENT_ID, TENANT_ID
from portal.workspace import registration
from tests import stored, trip
from tests.conftest import Passing
from tests.sandbox.serving import Sandbox
from tests.trip import ANN
from tests.web.browsing import Browser, heading, token, words

ALEX = "alex@contoso.example"


def test_an_admin_goes_on_where_they_wanted_to(anybody: Browser) -> None:
    turned_away = anybody.get("/settings/test?again=x")
    page = anybody.get(turned_away.headers["Location"])

    answer = anybody.travel("/sign-in/start?next=/settings/test%3Fagain%3Dx")

    assert turned_away.status_code == 303
    assert "/sign-in/start?next=/settings/test%3Fagain%3Dx" in page.text
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/settings/test?again=x"
    assert heading(anybody.get("/settings")) == "Tenant Settings"


@pytest.mark.parametrize(
    ("tenant", "told"),
    [
        ("contoso.example", "For the workspace admins of contoso.example ."),
        (TENANT_ID, "For workspace admins."),
    ],
)
def test_an_organization_is_named_as_people_know_it(
    portal: Flask, sandbox: Sandbox, tenant: str, told: str
) -> None:
    chosen = replace(config.current(), client_id=CLIENT_ID, tenant_id=tenant)

    page = Browser(create_app(chosen), sandbox).get("/sign-in")

    assert told in words(page)


def test_where_nobody_is_an_admin_it_says_how_to_name_one(
    portal: Flask, sandbox: Sandbox
) -> None:
    named = Browser(portal, sandbox).get("/sign-in")
    with db.session() as session:
        session.get_one(registration.RegistrationRow, registration.ONLY).admin = None
    kept = Browser(portal, sandbox).get("/sign-in")
    given = replace(
        config.current(), client_id=CLIENT_ID, tenant_id=TENANT_ID, client_secret="x"
    )
    there = Browser(create_app(given), sandbox).get("/sign-in")

    assert "Nobody here is an admin yet?" not in words(named)
    assert "Nobody here is an admin yet? Open" in words(kept)
    assert "portal setup-link prints, and name the first one" in words(kept)
    assert "names the first one in PORTAL_ADMINS" in words(there)
    assert "setup-link" not in words(there)


def test_signing_in_asks_for_no_mail(anybody: Browser) -> None:
    left = anybody.get("/sign-in/start").headers["Location"]

    asked = parse_qs(urlsplit(left).query)
    assert set(asked["scope"][0].split()) == {"openid", "profile", "email"}
    assert asked["prompt"] == ["select_account"]
    assert {"nonce", "code_challenge", "state"} <= asked.keys()


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "x"]
)
def test_nobody_is_led_to_another_site(anybody: Browser, elsewhere: str) -> None:
    answer = anybody.travel(f"/sign-in/start?next={elsewhere}")
    again = anybody.get(f"/sign-in?next={elsewhere}")

    assert answer.headers["Location"] == "/settings"
    assert again.headers["Location"] == "/settings"


def test_who_is_no_admin_is_told_whom_to_ask(anybody: Browser) -> None:
    page = anybody.follow(anybody.sign_in(ALEX))

    assert page.status_code == 403
    assert ALEX in words(page)
    assert ANN in words(page)
    assert anybody.client.get_cookie("session") is None


def test_a_guest_is_refused(anybody: Browser) -> None:
    anybody.sandbox.fault("guest", times=None)

    page = anybody.follow(anybody.sign_in("pat@fabrikam.example"))

    assert page.status_code == 400
    assert 'href="/sign-in"' in page.text
    assert stored.rows("session") == 0


def test_cancelling_leads_back_to_the_sign_in(anybody: Browser) -> None:
    page = anybody.follow(anybody.travel("/sign-in/start", answer="cancel"))

    assert page.status_code == 400
    assert "Try again" in page.text


def test_each_sign_in_gets_a_new_session_and_ends_the_one_before(ann: Browser) -> None:
    token_before = token(ann.get("/settings"))
    before = ann.client.get_cookie("session")

    ann.sign_in()

    after = ann.client.get_cookie("session")
    assert before
    assert after
    assert before.value != after.value
    assert token(ann.get("/settings")) != token_before
    assert stored.rows("session") == 1


def test_signing_out_ends_the_session(ann: Browser) -> None:
    answer = ann.post("/sign-out")

    assert answer.headers["Location"] == "/sign-in"
    assert "You are signed out." in words(ann.follow(answer))
    assert ann.get("/settings").status_code == 303
    assert stored.rows("session") == 0


def test_a_session_is_over_when_nobody_used_it(ann: Browser, passes: Passing) -> None:
    passes(minutes=50)
    used = ann.get("/settings")
    passes(minutes=50)
    used_again = ann.get("/settings")
    passes(minutes=61)

    assert (used.status_code, used_again.status_code) == (200, 200)
    assert ann.get("/settings").status_code == 303


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("/settings/progress", {"Accept": "application/json"}),
        ("/settings", {"Sec-Fetch-Mode": "cors"}),
        ("/settings", {"Sec-Fetch-Mode": "same-origin"}),
    ],
)
def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(
    ann: Browser, passes: Passing, address: str, headers: dict[str, str]
) -> None:
    passes(minutes=50)
    ann.get(address, **headers)
    passes(minutes=15)

    assert ann.get("/settings").status_code == 303


def test_who_opens_a_page_stays_signed_in(ann: Browser, passes: Passing) -> None:
    passes(minutes=50)
    ann.get("/settings", **{"Sec-Fetch-Mode": "navigate"})
    passes(minutes=15)

    assert ann.get("/settings").status_code == 200


def test_a_page_left_open_leads_to_the_sign_in_and_then_to_its_page(
    ann: Browser, passes: Passing
) -> None:
    known = token(ann.get("/settings"))
    passes(hours=2)

    answer = ann.client.post(
        "/settings/reset", base_url="http://localhost:5000", data={"csrf_token": known}
    )

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/sign-in?next=/settings"


def test_who_is_signed_in_need_not_sign_in(ann: Browser) -> None:
    assert ann.get("/sign-in?next=/setup").headers["Location"] == "/setup"


def test_a_form_without_its_token_says_what_to_do(ann: Browser) -> None:
    answer = ann.client.post("/settings", base_url="http://localhost:5000")

    assert answer.status_code == 400
    assert "load the page again" in words(answer)


def test_without_a_registration_nobody_can_sign_in(
    house: Config, sandbox: Sandbox
) -> None:
    nobody = Browser(create_app(house), sandbox)

    page, start = nobody.get("/sign-in"), nobody.get("/sign-in/start")

    assert "portal setup-link" in words(page)
    assert start.status_code == 409


@pytest.mark.parametrize("kind", ["HEAD", "prefetch"])
def test_who_only_looks_ahead_begins_no_trip(anybody: Browser, kind: str) -> None:
    client, base = anybody.client, "http://localhost:5000"
    ahead = {"Sec-Purpose": "prefetch;prerender"}
    paths = ("/sign-in/start", f"/connect/{trip.invite()}", "/callback?state=x")

    for path in paths if kind == "HEAD" else paths[:2]:
        headers = {} if kind == "HEAD" else ahead
        method = "HEAD" if kind == "HEAD" else "GET"
        assert client.open(path, method=method, base_url=base, headers=headers)

    assert stored.rows("trip") == 0


def test_on_https_every_cookie_is_ours_alone(portal: Flask, sandbox: Sandbox) -> None:
    base = "https://mail.example.com"
    chosen = replace(config.current(), base_url=base)
    client = create_app(chosen).test_client()

    start = client.get("/sign-in/start", base_url=base)
    client.set_cookie("__Host-session", "x", domain="mail.example.com", secure=True)
    with client.session_transaction(base_url=base) as kept:
        kept["a"] = "b"
    page = client.get("/sign-in", base_url=base)

    (browser,) = start.headers.getlist("Set-Cookie")
    assert browser.startswith("__Host-browser=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {*browser.split("; ")}
    assert "Domain" not in browser
    assert client.get_cookie("__Host-csrf", domain="mail.example.com")
    assert page.status_code == 200


def test_a_session_of_another_application_does_not_count(ann: Browser) -> None:
    config.use(replace(config.current(), login_url="http://127.0.0.1:1"))

    assert ann.get("/settings").status_code == 303
