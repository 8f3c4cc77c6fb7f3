"""Connection and approval links, as the browser of anybody who holds one meets them."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from flask import Flask

from portal import config, db
from portal.app import create_app
from portal.config import Config
from portal.workspace.consent import approval, changes
from portal.workspace.consent.changes import Change, Stage
from tests import stored, trip
from tests.sandbox.serving import Sandbox
from tests.trip import ANN
from tests.web.browsing import BASE, Browser, heading, value, words

NOREPLY = "noreply@contoso.example"
REPORTS = "reports@contoso.example"
SUCCEEDED = "Email OAuth 2.0 authentication succeeded"
LOST = ["x", "%00", "a" * 5000, "%F0%9F%92%8C", "%ff"]

FAILED = (
    "Email authorization failed! Please check the provided credentials and try again!"
)


def test_a_link_leads_to_microsoft_and_marks_the_browser(anybody: Browser) -> None:
    answer = anybody.get(f"/connect/{trip.invite()}")

    (cookie,) = answer.headers.getlist("Set-Cookie")
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert answer.status_code == 302
    assert query["redirect_uri"] == [f"{BASE}/callback"]
    assert query["prompt"] == ["select_account"]
    assert "login_hint" not in query
    assert cookie.startswith("browser=")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= {*cookie.split("; ")}
    assert "Secure" not in cookie


def test_on_https_no_other_site_can_set_the_mark(portal: Flask) -> None:
    chosen = replace(config.current(), base_url="https://mail.example.com")
    browser = create_app(chosen).test_client()

    answer = browser.get(f"/connect/{trip.invite()}", base_url=chosen.base_url)

    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-browser=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {*cookie.split("; ")}
    assert "Domain" not in cookie


def test_whoever_holds_the_operators_link_is_connected(anybody: Browser) -> None:
    answer = anybody.travel(f"/connect/{trip.invite()}")

    page = anybody.follow(answer)

    assert answer.headers["Location"].startswith("/trips/")
    assert page.status_code == 200
    assert SUCCEEDED in words(page)
    assert trip.in_force()[1] == ANN


def test_who_was_connected_once_is_not_told_who_is_now(
    anybody: Browser, ann: Browser
) -> None:
    there = anybody.travel(f"/connect/{trip.invite()}").headers["Location"]
    assert SUCCEEDED in words(anybody.get(there))

    ann.enable(REPORTS, as_=REPORTS)
    page = anybody.get(there)

    assert trip.in_force()[1] == REPORTS
    assert page.status_code == 404
    assert REPORTS not in page.text
    assert "disconnected since" in words(page)


def test_by_the_operators_link_another_account_is_confirmed_by_whoever_holds_it(
    anybody: Browser,
) -> None:
    answer = anybody.travel(f"/connect/{trip.invite(NOREPLY)}", REPORTS)
    there = answer.headers["Location"]
    page = anybody.get(there)

    confirmed = anybody.confirm(there)

    assert "Is this the right account?" in words(page)
    assert "Send As" in words(page)
    assert SUCCEEDED in words(anybody.follow(confirmed))
    connection, sender = trip.in_force()
    assert (connection.username, sender) == (REPORTS, NOREPLY)


def test_the_mailboxs_user_signs_in_on_their_own_machine_and_an_admin_confirms(
    ann: Browser, anybody: Browser
) -> None:
    change = ann.ask(REPORTS)
    link = changed(change).link

    page = anybody.follow(anybody.travel(f"/connect/{link}", REPORTS))
    there = page.request.path
    ann.confirm()

    assert "Thank you. Your admin confirms it now" in words(page)
    assert "Use this account" not in page.text
    assert trip.in_force()[0].connected_by == ANN
    assert "This has been decided meanwhile" in words(anybody.get(there))


def test_whoever_signed_in_by_an_admins_link_cannot_confirm_it(
    ann: Browser, anybody: Browser, portal: Flask
) -> None:
    link = changed(ann.ask(REPORTS)).link
    there = anybody.travel(f"/connect/{link}", REPORTS).headers["Location"]
    proposal = value(ann.get("/settings"), "proposal")
    portal.config["WTF_CSRF_ENABLED"] = False

    answer = anybody.client.post(
        f"{there}/confirmation", base_url=BASE, data={"proposal": proposal}
    )

    assert answer.status_code == 403
    assert stored.rows("connection") == 0


def test_an_admin_of_the_organization_approves_by_link(
    ann: Browser, anybody: Browser
) -> None:
    change = ann.ask(REPORTS)

    page = anybody.follow(anybody.travel(f"/approve/{changed(change).approval_link}"))

    assert "Microsoft says it is approved" in words(page)
    assert changed(change).stage == Stage.APPROVED


def test_who_may_not_approve_gets_the_link_for_somebody_who_may(
    ann: Browser, anybody: Browser
) -> None:
    change = ann.ask(REPORTS)
    link = changed(change).approval_link

    page = anybody.follow(
        anybody.travel(f"/approve/{link}", "alex@contoso.example", "cancel")
    )

    assert page.status_code == 400
    assert f"{BASE}/approve/{link}" in page.text
    assert changed(change).stage == Stage.WAITING


def test_the_standing_approval_link_serves_sign_in(anybody: Browser) -> None:
    with db.reading() as session:
        link = approval.link(session)

    page = anybody.follow(anybody.travel(f"/approve/{link}"))

    assert f"{BASE}/approve/{link}" in anybody.get("/sign-in").text
    assert "Microsoft says it is approved" in words(page)


@pytest.mark.parametrize("link", ["used", *LOST])
@pytest.mark.parametrize("way", ["connect", "approve"])
def test_a_link_that_leads_nowhere_says_how_to_get_another(
    anybody: Browser, link: str, way: str
) -> None:
    if link == "used":
        link = trip.invite()
        anybody.travel(f"/connect/{link}")

    page = anybody.get(f"/{way}/{link}")

    assert page.status_code == 404
    assert heading(page) == "This link has ended"


def test_without_a_registration_the_link_says_so(
    house: Config, sandbox: Sandbox
) -> None:
    nobody = Browser(create_app(house), sandbox)

    page = nobody.get(f"/connect/{trip.invite()}")

    assert page.status_code == 409
    assert "No application is registered yet." in words(page)


def test_the_window_that_waits_for_microsoft_is_held_by_its_opener(
    anybody: Browser,
) -> None:
    pages = [
        anybody.get(path)
        for path in ("/consent/waiting", f"/connect/{trip.invite()}", "/callback")
    ]

    policies = {page.headers["Cross-Origin-Opener-Policy"] for page in pages}
    assert policies == {"unsafe-none"}


@pytest.mark.parametrize(
    ("answer", "told"),
    [("accept", "Is this the right account?"), ("cancel", FAILED)],
)
def test_the_window_that_comes_back_is_held_by_its_opener_too(
    anybody: Browser, answer: str, told: str
) -> None:
    there = anybody.travel(f"/connect/{trip.invite(NOREPLY)}", REPORTS, answer)

    page = anybody.get(there.headers["Location"])

    assert heading(page) == told
    assert page.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"


def changed(change_id: UUID) -> Change:
    with db.reading() as session:
        return changes.find(session, change_id)
