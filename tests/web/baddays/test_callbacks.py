"""The way back, walked by those who should not: each is led to a page, none gets in."""

from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

import pytest
from flask import Flask

from portal import db
from portal.sandbox.seeds import TENANT_ID
from portal.workspace.consent import changes
from portal.workspace.consent.changes import Stage
from tests import stored, trip
from tests.conftest import Passing
from tests.relay import Relay
from tests.sandbox.serving import Sandbox
from tests.trip import ANN
from tests.web.baddays import forging
from tests.web.browsing import BASE, Browser, heading, words
from tests.workspace.consent.watching import in_force, with_

ALEX = "alex@contoso.example"
NOREPLY = "noreply@contoso.example"
OVER = "/trips/over"
NOTHING_CHANGED = "Nothing has changed: mail keeps leaving as before"
ERRORS = [
    {"error": "access_denied", "error_description": "AADSTS65004: declined"},
    {"error": "access_denied", "admin_consent": "True", "tenant": TENANT_ID},
    {"error": "temporarily_unavailable"},
    {"error": "invalid_client", "error_description": "AADSTS7000215"},
    {"error": "x" * 5000, "error_description": "AADSTS" + "9" * 500},
    {"error": "\x00\r\nSet-Cookie: a=b", "code": "\x00"},
    {
        "error": "<script>alert(1)</script>",
        "error_description": "${7919*7919}{{7919*7919}}",
    },
    {"code": ""},
    {"code": "made up"},
    {"code": "x" * 5000, "iss": "https://evil.example", "tenant": "evil.example"},
]


def state_of(browser: Browser, way: str) -> str:
    left = browser.get(way)
    return parse_qs(urlsplit(left.headers["Location"]).query)["state"][0]


def come_back(browser: Browser, state: str, **claims: str) -> str:
    """Come back with these claims; return what the page says, which is no success."""
    answer = browser.get(f"/callback?{urlencode({'state': state, **claims})}")
    page = browser.follow(answer)
    assert answer.status_code == 303
    assert page.status_code == 400, words(page)
    assert "Set-Cookie" not in answer.headers
    assert "<script>alert" not in page.text
    assert str(7919 * 7919) not in words(page)
    return words(page)


@pytest.mark.parametrize("way", ["connect", "sign-in"])
def test_whatever_an_address_claims_nothing_comes_of_it(
    either_ann: Browser, way: str
) -> None:
    before = in_force()
    link = trip.invite(ANN)

    for claims in ERRORS:
        there = "/sign-in/start" if way == "sign-in" else f"/connect/{link}"
        told = come_back(either_ann, state_of(either_ann, there), **claims)
        assert NOTHING_CHANGED in told

    assert in_force() == before
    assert either_ann.get("/settings").status_code == 200
    assert either_ann.follow(either_ann.travel(f"/connect/{link}")).status_code == 200


def test_an_approval_with_an_error_is_none(either_ann: Browser) -> None:
    change = either_ann.ask(ANN)

    for claims in ERRORS[:7]:
        state = state_of(either_ann, f"/consent/{change}")
        come_back(either_ann, state, **{"admin_consent": "True", **claims})

    assert stage(change) == Stage.WAITING


def test_an_approval_of_another_tenant_is_no_more_than_a_claim(ann: Browser) -> None:
    ann.sandbox.fault("consent-lost")
    ann.sandbox.fault("user-consent-off", None)
    change = ann.ask(ALEX)
    state = state_of(ann, f"/consent/{change}")
    ann.get(f"/callback?admin_consent=True&tenant=evil.example&state={state}")

    page = ann.follow(ann.travel(f"/consent/{change}", ALEX, "wall"))

    assert page.status_code == 400
    assert stored.rows("connection") == 0
    assert "/approve/" in page.text


def test_a_state_serves_the_purpose_it_was_made_for(ann: Browser) -> None:
    change = ann.ask(ANN)
    approving = state_of(ann, f"/consent/{change}")
    back = ann.visit_microsoft("/sign-in/start")

    ann.get(with_(back, state=approving))

    assert stored.rows("connection") == 0
    assert stored.rows("session") == 1
    assert ann.get(back).headers["Location"] == "/settings"


def test_nobody_is_signed_in_as_the_attacker(
    ann: Browser, anybody: Browser, portal: Flask, sandbox: Sandbox
) -> None:
    attacker = Browser(portal, sandbox)
    back = attacker.visit_microsoft("/sign-in/start", ANN)
    fresh = attacker.visit_microsoft(f"/connect/{trip.invite()}", ANN)

    led = [victim.get(way) for victim in (ann, anybody) for way in (back, fresh)]

    assert {answer.headers["Location"] for answer in led} == {OVER}
    assert anybody.client.get_cookie("session") is None
    assert stored.rows("session") == 1
    assert stored.rows("connection") == 0


def test_a_code_of_the_attackers_does_not_fit_into_another_trip(
    ann: Browser, portal: Flask, sandbox: Sandbox
) -> None:
    attacker = Browser(portal, sandbox)
    stolen = parse_qs(urlsplit(attacker.visit_microsoft("/sign-in/start", ALEX)).query)
    change = ann.ask(ANN)
    ann.travel(f"/consent/{change}")

    told = come_back(ann, state_of(ann, f"/consent/{change}"), code=stolen["code"][0])

    assert NOTHING_CHANGED in told
    assert stored.rows("connection") == 0


def test_a_session_planted_before_a_sign_in_opens_nothing_after(
    anybody: Browser, portal: Flask
) -> None:
    planted = "planted by somebody else, and long enough to be one"
    anybody.client.set_cookie("session", planted)

    anybody.sign_in()

    eve = portal.test_client()
    eve.set_cookie("session", planted)
    assert eve.get("/settings", base_url=BASE).status_code == 303
    kept = anybody.client.get_cookie("session")
    assert kept
    assert kept.value != planted


def test_a_sign_in_is_not_replayed(ann: Browser) -> None:
    back = ann.visit_microsoft("/sign-in/start")
    ann.get(back)
    ann.post("/sign-out")

    assert ann.get(back).headers["Location"] == OVER
    assert ann.get("/settings").status_code == 303


def test_a_token_of_an_older_sign_in_is_not_replayed(
    anybody: Browser, between: Relay
) -> None:
    forging.forge(between, forging.soundly, nonce="of the older sign-in")

    assert anybody.follow(anybody.sign_in()).status_code == 400
    assert stored.rows("session") == 0


def test_a_session_that_ends_in_mid_trip_leaves_something_to_confirm(
    ann: Browser, passes: Passing
) -> None:
    change = ann.ask(ANN)
    ann.travel(f"/consent/{change}")
    passes(minutes=55)
    back = ann.visit_microsoft(f"/consent/{change}")
    ann.client.delete_cookie("session")
    page = ann.follow(ann.get(back))
    before = stored.rows("connection")

    ann.sign_in()
    ann.confirm()

    assert page.status_code == 200
    assert "Use this account" not in page.text
    assert before == 0
    assert trip.in_force()[1] == ANN


def test_two_windows_of_one_browser_apply_a_change_once(ann: Browser) -> None:
    change = ann.ask(ANN)
    ann.travel(f"/consent/{change}")
    first = ann.visit_microsoft(f"/consent/{change}")
    second = ann.visit_microsoft(f"/consent/{change}")

    ann.get(first)
    page = ann.follow(ann.get(second))

    assert "This change was applied already." in words(page)
    assert stored.rows("connection") == 1


def test_going_back_to_what_has_ended_leads_to_the_settings(ann: Browser) -> None:
    change = ann.enable(ANN)

    answer = ann.get(f"/consent/{change}")

    assert answer.headers["Location"] == f"/settings?change={change}"
    assert heading(ann.follow(answer)) == "Tenant Settings"
    assert stored.rows("connection") == 1


def stage(change: UUID) -> Stage:
    with db.reading() as session:
        return changes.find(session, change).stage
