"""Who may not, and who was shown something else: nothing is decided by them."""

import re
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from flask import Flask

from portal import db
from portal.accept import Caller
from portal.intake import desk
from portal.mail.message import Message
from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from portal.workspace.consent import changes
from portal.workspace.consent.changes import Stage
from tests import stored, trip
from tests.conftest import Passing
from tests.trip import ANN
from tests.web.baddays.windows import addresses, setup_link
from tests.web.browsing import BASE, Browser, token, value, words
from tests.workspace.consent.watching import in_force

ALEX = "alex@contoso.example"
BEN = "ben@contoso.example"
NOREPLY = "noreply@contoso.example"
REPORTS = "reports@contoso.example"


def now(change_id: UUID) -> Stage:
    with db.reading() as session:
        return changes.find(session, change_id).stage


def test_what_is_confirmed_is_the_change_that_was_shown(ann: Browser) -> None:
    shown = ann.enable(NOREPLY, REPORTS)
    page = ann.get("/settings")
    form = {name: value(page, name) for name in ("change", "proposal")}
    newer = trip.ask("team@contoso.example", by=BEN)
    ann.travel(f"/consent/{newer.id}")
    ann.travel(f"/consent/{newer.id}", REPORTS)

    page = ann.follow(ann.post("/settings/proposal", form))

    assert form["change"] == str(shown)
    assert "This change was replaced by a newer one." in words(page)
    assert stored.rows("connection") == 0
    assert now(newer.id) == Stage.PROPOSED


def test_what_is_discarded_is_the_change_that_was_shown(ann: Browser) -> None:
    ann.ask(NOREPLY)
    form = {"change": value(ann.get("/settings"), "change")}
    newer = trip.ask(REPORTS, by=BEN)

    page = ann.follow(ann.post("/settings/change/discard", form))

    assert "This change was replaced by a newer one." in words(page)
    assert now(newer.id) == Stage.ASKED


def test_who_is_no_admin_gets_no_further_than_the_reason(
    anybody: Browser, portal: Flask
) -> None:
    seen = {}

    for rule in pages(portal):
        turned_away = anybody.get(rule)
        start = turned_away.headers["Location"].replace("/sign-in?", "/sign-in/start?")
        page = anybody.follow(anybody.travel(start, ALEX))
        seen[rule] = (turned_away.status_code, page.status_code)

    assert set(seen.values()) == {(303, 403)}
    assert ALEX in words(page)
    assert stored.rows("session") == 0


def test_who_is_no_admin_any_more_is_out_at_once(ann: Browser) -> None:
    form = {"csrf_token": token(ann.get("/settings")), "sender": ANN, "version": "1"}
    trip.register(admin=BEN)

    told = ann.client.post("/settings", base_url=BASE, data=form)

    assert told.status_code == 303
    assert told.headers["Location"].startswith("/sign-in")
    assert stored.rows("pending_change") == 0


def test_the_token_of_another_browser_opens_no_form(
    ann: Browser, anybody: Browser, portal: Flask
) -> None:
    ann.enable(NOREPLY, REPORTS)
    foreign = token(anybody.follow(anybody.get(f"/setup/{setup_link()}")))
    before = in_force()

    told = {
        rule: ann.client.post(rule, base_url=BASE, data={"csrf_token": made_up})
        for rule in addresses(portal, "POST")
        for made_up in (foreign, f"{foreign}x", "", "null")
    }

    assert {answer.status_code for answer in told.values()} == {400}
    assert in_force() == before


def test_nobody_else_confirms_what_was_proposed(
    ann: Browser, anybody: Browser, portal: Flask
) -> None:
    ann.ask(NOREPLY)
    link = link_of(ann)
    own = ann.travel(f"/connect/{link}", REPORTS).headers["Location"]
    there = anybody.travel(f"/connect/{link}", REPORTS).headers["Location"]
    form = {"proposal": value(ann.get("/settings"), "proposal")}
    portal.config["WTF_CSRF_ENABLED"] = False

    told = [
        anybody.client.post(address, base_url=BASE, data=form)
        for address in (f"{there}/confirmation", f"{own}/confirmation")
    ]

    assert [answer.status_code for answer in told] == [403, 404]
    assert stored.rows("connection") == 0


def test_whoever_holds_the_operators_link_confirms_only_their_own_trip(
    anybody: Browser, portal: Flask
) -> None:
    link = trip.invite(NOREPLY)
    there = anybody.travel(f"/connect/{link}", REPORTS).headers["Location"]
    form = {"proposal": value(anybody.get(there), "proposal")}
    other = Browser(portal, anybody.sandbox)
    other.travel(f"/connect/{link}", ALEX)

    stolen = other.get(there)
    outdated = anybody.post(f"{there}/confirmation", form, form_at=there)

    assert stolen.status_code == 404
    assert f"By now {ALEX} signed in" in words(anybody.follow(outdated))
    assert stored.rows("connection") == 0


def test_a_message_of_somebody_elses_is_no_test_mail(ann: Browser) -> None:
    ann.enable(ANN)
    secret = "what nobody but its readers may see"
    mail = Message(to="jane@example.com", subject="Pay", text=secret, tags=["report"])
    message_id = desk.take(mail, Caller(name="test")).id

    again = ann.get(f"/settings/test?again={message_id}")

    assert ann.get(f"/settings/test/{message_id}").status_code == 404
    assert secret not in again.text
    assert "Pay" not in words(again)


def test_a_setup_link_that_is_guessed_used_or_late_opens_nothing(
    anybody: Browser, passes: Passing
) -> None:
    late = setup_link()
    passes(minutes=61)
    links = (late, "x", "%00", "a" * 5000, "%F0%9F%92%8C", "..%2F..", late[:-1])

    told = [anybody.get(f"/setup/{link}") for link in links]
    anybody.client.set_cookie("setup", late)

    assert {page.status_code for page in told} == {404}
    assert "Set-Cookie" not in "".join(str(page.headers) for page in told)
    assert anybody.get("/setup").status_code == 303


def test_a_setup_link_opens_nothing_but_the_setup(
    anybody: Browser, portal: Flask
) -> None:
    anybody.get(f"/setup/{setup_link()}")

    led = {rule: anybody.get(rule).status_code for rule in pages(portal)}

    assert led.pop("/setup") == 200
    assert set(led.values()) == {303}


def test_a_setup_link_ends_when_an_admin_has_done_what_it_was_for(
    ann: Browser, anybody: Browser
) -> None:
    link = setup_link()
    anybody.get(f"/setup/{link}")
    application = {"tenant": TENANT_ID, "client_id": CLIENT_ID, "secret": CLIENT_SECRET}

    ann.post("/setup", application, form_at="/setup")

    assert anybody.get(f"/setup/{link}").status_code == 404
    assert anybody.get("/setup").status_code == 303


def test_who_only_sees_the_sign_in_page_cannot_stop_what_waits(
    ann: Browser, anybody: Browser
) -> None:
    change = ann.ask(ANN)
    found = re.search(r"/approve/[\w-]{22}", anybody.get("/sign-in").text)
    assert found
    left = anybody.get(found[0]).headers["Location"]
    state = parse_qs(urlsplit(left).query)["state"][0]

    page = anybody.follow(anybody.get(f"/callback?error=access_denied&state={state}"))

    assert page.status_code == 400
    assert {*re.findall(r"/approve/[\w-]{22}", page.text)} == {found[0]}
    assert now(change) == Stage.ASKED
    assert "The last try did not work" not in words(ann.get("/settings"))


def pages(app: Flask) -> list[str]:
    """Name the pages that have a guard."""
    public = ("static", "home", "health", "metrics", "api", "links")
    return addresses(
        app, "GET", but=(*public, "arrivals", "trips", "sign_in", "setup.enter")
    )


def link_of(browser: Browser) -> str:
    found = re.search(r"/connect/([\w-]{22})", browser.get("/settings").text)
    assert found
    return found[1]
