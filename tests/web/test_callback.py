"""The way back from Microsoft: nothing secret stays in an address, nothing is a 500."""

import logging
import re
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask

from portal import config
from portal.app import create_app
from tests import stored, trip
from tests.conftest import Passing
from tests.sandbox.serving import Sandbox, serve
from tests.trip import ANN
from tests.web.browsing import Browser, heading, words

OVER = "This sign-in is over"
NOREPLY = "noreply@contoso.example"


def connected() -> bool:
    return stored.rows("connection") > 0


def test_nothing_secret_stands_on_any_page_or_address_or_in_the_log(
    anybody: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="portal")
    back = anybody.visit_microsoft(f"/connect/{trip.invite()}")
    query = parse_qs(urlsplit(back).query)

    first, second = anybody.get(back), anybody.get(back)
    pages = [first, second, anybody.follow(first), anybody.follow(second)]

    told = caplog.text + "".join(f"{page.headers}{page.text}" for page in pages)
    assert [page.status_code for page in pages] == [303, 303, 200, 200]
    assert [name for name in query if query[name][0] in told] == []
    assert {page.headers["Referrer-Policy"] for page in pages[:2]} == {"no-referrer"}
    assert {page.headers["Cache-Control"] for page in pages} == {"no-store"}


@pytest.mark.parametrize("answer", ["cancel", "wall"])
def test_a_sign_in_that_fails_says_why_and_may_be_tried_again(
    anybody: Browser, answer: str
) -> None:
    link = trip.invite()
    as_ = ANN if answer == "cancel" else "alex@contoso.example"
    if answer == "wall":
        anybody.sandbox.fault("user-consent-off")

    page = anybody.follow(anybody.travel(f"/connect/{link}", as_, answer))

    assert page.status_code == 400
    assert heading(page) != "/trips/over"
    assert f'href="/connect/{link}"' in page.text
    assert "Try again" in page.text
    assert "/approve/" in page.text
    assert re.search(r"AADSTS\d+\nAADSTS.+\nrequest-id \S+<", page.text)
    assert not connected()
    assert anybody.follow(anybody.travel(f"/connect/{link}")).status_code == 200


def test_a_refused_request_can_be_quoted_to_support(anybody: Browser) -> None:
    anybody.sandbox.fault("secret-expired")

    page = anybody.follow(anybody.travel(f"/connect/{trip.invite()}"))

    assert "What the other side said" in page.text
    said = "401 · AADSTS7000222\nAADSTS7000222: The provided client secret keys are"
    assert re.search(rf"{said} expired.\nrequest-id \S+<", page.text)


def test_an_admin_tries_again_at_the_change(ann: Browser) -> None:
    change = ann.ask(ANN)

    page = ann.follow(ann.travel(f"/consent/{change}", answer="cancel"))

    assert page.status_code == 400
    assert f'href="/consent/{change}"' in page.text


def test_another_browser_cannot_end_the_trip_nor_see_how_it_ended(
    anybody: Browser, portal: Flask, sandbox: Sandbox
) -> None:
    back = anybody.visit_microsoft(f"/connect/{trip.invite()}")
    other = Browser(portal, sandbox)

    stolen, own = other.get(back), anybody.get(back)

    assert stolen.headers["Location"] == "/trips/over"
    assert heading(other.follow(stolen)) == OVER
    assert other.get(own.headers["Location"]).status_code == 404
    assert anybody.follow(own).status_code == 200


@pytest.mark.parametrize("answer", ["accept", "cancel"])
def test_a_trip_ends_once_and_who_loads_it_again_sees_how(
    anybody: Browser, portal: Flask, sandbox: Sandbox, answer: str
) -> None:
    back = anybody.visit_microsoft(f"/connect/{trip.invite()}", answer=answer)
    first = anybody.get(back)
    before = stored.rows("connection", "journal")

    again, stolen = anybody.get(back), Browser(portal, sandbox).get(back)

    assert again.headers["Location"] == first.headers["Location"] != "/trips/over"
    assert stolen.headers["Location"] == "/trips/over"
    assert stored.rows("connection", "journal") == before


def test_an_admin_who_loads_it_again_is_led_on_as_before(ann: Browser) -> None:
    change = ann.ask(ANN)
    ann.travel(f"/consent/{change}")
    back = ann.visit_microsoft(f"/consent/{change}")

    first, again = ann.get(back), ann.get(back)

    assert first.headers["Location"] == f"/settings?change={change}"
    assert again.headers["Location"] == first.headers["Location"]


def test_a_sign_in_that_is_loaded_again_leads_on_while_it_lasts(
    anybody: Browser,
) -> None:
    back = anybody.visit_microsoft("/sign-in/start?next=/log")
    first, again = anybody.get(back), anybody.get(back)
    anybody.client.delete_cookie("session", domain="localhost")

    over = anybody.get(back)

    assert first.headers["Location"] == again.headers["Location"] == "/log"
    assert over.headers["Location"] == "/trips/over"
    assert stored.rows("session") == 1


def test_a_trip_that_takes_too_long_is_over(anybody: Browser, passes: Passing) -> None:
    back = anybody.visit_microsoft(f"/connect/{trip.invite()}")
    passes(minutes=11)

    assert anybody.get(back).headers["Location"] == "/trips/over"


def test_no_way_is_offered_back_to_a_link_that_has_ended(anybody: Browser) -> None:
    back = anybody.visit_microsoft(f"/connect/{trip.invite()}", answer="cancel")
    trip.invite()

    page = anybody.follow(anybody.get(back))

    assert page.status_code == 400
    assert "Try again" not in page.text


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
        "admin_consent=True&tenant=evil&state=x",
    ],
)
def test_a_callback_that_nobody_waits_for_changes_nothing(
    anybody: Browser, query: str
) -> None:
    anybody.get(f"/connect/{trip.invite()}")

    answer = anybody.get(f"/callback?{query}")

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/trips/over"
    assert "Set-Cookie" not in answer.headers
    assert not connected()


def test_what_the_callback_claims_is_shown_as_text_only(anybody: Browser) -> None:
    left = anybody.get(f"/connect/{trip.invite()}").headers["Location"]
    (state,) = parse_qs(urlsplit(left).query)["state"]
    claims = {"state": state, "error": "<b>x", "error_description": "<script>1"}

    page = anybody.follow(anybody.get(f"/callback?{urlencode(claims)}"))

    assert page.status_code == 400
    assert "<b>x" not in page.text
    assert "<script>1" not in page.text


@pytest.mark.parametrize("cookie", ["", "x" * 4000, "\x7f", "a=b"])
def test_a_mark_that_is_not_ours_is_no_mark(anybody: Browser, cookie: str) -> None:
    back = anybody.visit_microsoft(f"/connect/{trip.invite()}")
    anybody.client.set_cookie("browser", cookie, domain="localhost")

    assert anybody.get(back).headers["Location"] == "/trips/over"
    assert not connected()


def test_microsoft_out_of_reach_can_be_tried_again(portal: Flask) -> None:
    with serve() as short_lived:
        away = replace(config.current(), login_url=short_lived.url)
        config.use(away)
        trip.register(admin=ANN)
        browser = Browser(create_app(away), short_lived)
        link = trip.invite()
        back = browser.visit_microsoft(f"/connect/{link}")

    page = browser.follow(browser.get(back))

    assert page.status_code == 400
    assert "Microsoft does not answer" in words(page)
    assert f'href="/connect/{link}"' in page.text
    assert not connected()


def test_with_a_refused_credential_there_is_nothing_to_try_again(ann: Browser) -> None:
    change = ann.ask(ANN)
    ann.travel(f"/consent/{change}")
    ann.sandbox.fault("secret-expired")

    page = ann.follow(ann.travel(f"/consent/{change}"))

    assert page.status_code == 400
    assert "Try again" not in page.text


def test_a_session_that_ends_in_mid_trip_costs_a_sign_in_and_nothing_else(
    ann: Browser,
) -> None:
    change = ann.ask(ANN)
    back = ann.visit_microsoft(f"/consent/{change}")
    ann.client.delete_cookie("session", domain="localhost")

    answer = ann.get(ann.get(back).headers["Location"])

    assert answer.headers["Location"] == f"/sign-in?next=/consent/{change}"
    assert ann.sign_in(next_=f"/consent/{change}").headers["Location"] == (
        f"/consent/{change}"
    )


def test_how_a_trip_ended_is_not_told_of_one_that_has_not(anybody: Browser) -> None:
    pages = [
        anybody.get(f"/trips/{trip_id}")
        for trip_id in ("00000000-0000-7000-8000-000000000000", "x")
    ]

    assert [page.status_code for page in pages] == [404, 404]


def test_what_was_connected_and_is_no_more_is_not_shown_as_if_it_were(
    ann: Browser,
) -> None:
    there = ann.travel(f"/connect/{trip.invite()}").headers["Location"]
    before = ann.get(there)

    ann.post("/settings/reset")

    assert before.status_code == 200
    assert ann.get(there).status_code == 404
