"""Tenant Settings: Enable, Save, Sign In and what the server says to a wrong form."""

import re

import pytest

from portal import db
from portal.workspace.consent import changes
from portal.workspace.consent.changes import Stage
from tests import trip
from tests.trip import ANN
from tests.web.browsing import (
    BASE,
    JSON,
    Browser,
    heading,
    token,
    value,
    version,
    words,
)

NOREPLY = "noreply@contoso.example"
REPORTS = "reports@contoso.example"
DONE = "Your email has been verified. Authorization complete!"


def test_enable_leads_to_approval_then_to_the_sign_in_and_is_done(ann: Browser) -> None:
    change = ann.ask(ANN)
    approved = ann.travel(f"/consent/{change}")
    connected = ann.travel(approved.headers["Location"])

    page = ann.follow(connected)

    assert approved.headers["Location"] == f"/consent/{change}"
    assert connected.headers["Location"] == f"/settings?change={change}"
    assert DONE in words(page)
    connection, sender = trip.in_force()
    assert (connection.username, sender) == (ANN, ANN)
    assert connection.connected_by == ANN


def test_the_page_says_what_waits_and_how_it_goes_on(ann: Browser) -> None:
    change = ann.ask(NOREPLY)

    page = ann.get(f"/settings?change={change}")

    assert f'href="/consent/{change}"' in page.text
    assert f"/settings/progress?change={change}" in page.text
    assert len(set(re.findall(r"/(?:approve|connect)/[\w-]{22}", page.text))) == 2


def test_somebody_else_is_proposed_and_counts_when_it_is_confirmed(
    ann: Browser,
) -> None:
    change = ann.enable(NOREPLY, REPORTS)
    before = ann.get("/settings")

    answer = ann.confirm()

    assert "Use this account" in before.text
    assert REPORTS in words(before)
    assert answer.headers["Location"] == f"/settings?change={change}"
    assert DONE in words(ann.follow(answer))
    assert trip.in_force()[1] == NOREPLY


def test_save_keeps_the_old_from_in_force_until_the_new_one_is_through(
    ann: Browser,
) -> None:
    ann.enable(ANN)
    change = ann.ask("it@contoso.example")
    meanwhile = trip.in_force()[1]

    ann.travel(f"/consent/{change}")
    ann.confirm()

    assert meanwhile == ANN
    assert trip.in_force()[1] == "it@contoso.example"


def test_the_switch_is_authorised_with_its_permission_and_locked(ann: Browser) -> None:
    ann.enable(ANN, large=True)

    page = ann.get("/settings")
    answer = ann.post("/settings", {"sender": ANN, "version": version(page)})

    assert "Mail.ReadWrite" in trip.in_force()[0].scopes
    assert "Locked until Reset." in words(page)
    assert answer.status_code == 422
    assert "only Reset switches them off" in words(answer)


def test_the_switch_may_be_asked_for_later(ann: Browser) -> None:
    ann.enable(ANN)

    ann.enable(ANN, large=True)

    assert "Mail.ReadWrite" in trip.in_force()[0].scopes


@pytest.mark.parametrize(
    ("sender", "sentence"),
    [
        ("", "Type a From Email Address first."),
        ("  ", "Type a From Email Address first."),
        ("nobody", "This is not an e-mail address."),
        ("Ann <admin@contoso.example>", "This is not an e-mail address."),
        ("a@contoso.example, b@contoso.example", "This is not an e-mail address."),
        ("a@contoso.example\r\nBcc: x@y.example", "This is not an e-mail address."),
        ("x" * 300 + "@contoso.example", "This is not an e-mail address."),
    ],
)
def test_what_is_no_address_is_refused_and_kept_in_the_field(
    ann: Browser, sender: str, sentence: str
) -> None:
    answer = ann.post("/settings", {"sender": sender, "version": "1"})

    assert answer.status_code == 422
    assert sentence in words(answer)
    assert "waits for Microsoft" not in words(answer)


def test_space_around_an_address_does_not_matter(ann: Browser) -> None:
    change = ann.ask(f" {ANN} ")

    assert ann.get(f"/settings?change={change}").text.count(ANN) > 1


def test_nothing_is_asked_of_microsoft_when_nothing_differs(ann: Browser) -> None:
    ann.enable(ANN)
    now = version(ann.get("/settings"))

    answer = ann.post("/settings", {"sender": ANN, "version": now})

    assert answer.headers["Location"] == "/settings"
    assert "Nothing has changed." in words(ann.follow(answer))


def test_who_was_slower_is_told_who_was_faster_and_keeps_what_they_typed(
    ann: Browser,
) -> None:
    seen = version(ann.get("/settings"))
    ann.enable(ANN)

    answer = ann.post("/settings", {"sender": NOREPLY, "version": seen})
    again = ann.post("/settings", {"sender": NOREPLY, "version": version(answer)})

    assert answer.status_code == 409
    assert f"{ANN} changed these settings" in words(answer)
    assert f'value="{NOREPLY}"' in answer.text
    assert again.status_code == 303


def test_a_double_click_asks_once(ann: Browser) -> None:
    assert ann.ask(NOREPLY) == ann.ask(NOREPLY)


def test_another_wish_replaces_the_one_that_waits(ann: Browser) -> None:
    first, second = ann.ask(NOREPLY), ann.ask(REPORTS)

    page = ann.follow(ann.get(f"/consent/{first}"))

    assert first != second
    assert "This change was replaced by a newer one." in words(page)
    assert f"/consent/{second}" in page.text


def test_sign_in_asks_for_what_is_in_force(ann: Browser) -> None:
    ann.enable(ANN)
    before, _ = trip.in_force()

    answer = ann.post("/settings/connection")
    change = answer.headers["Location"].partition("=")[2]
    page = ann.follow(ann.travel(f"/consent/{change}"))

    assert DONE in words(page)
    assert trip.in_force()[0].id != before.id


def test_sign_in_needs_something_in_force(ann: Browser) -> None:
    answer = ann.post("/settings/connection")

    assert answer.status_code == 409
    assert "Type a From Email Address first." in words(answer)


def test_the_script_gets_the_way_to_microsoft(ann: Browser) -> None:
    answer = ann.post("/settings", {"sender": ANN, "version": "1"}, Accept=JSON)

    told = answer.get_json()
    assert answer.status_code == 200
    assert told["consent"] == f"/consent/{told['change']}"


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({"sender": "nobody", "version": "1"}, 422, "sender"),
        ({"sender": ANN, "version": "7"}, 409, ""),
        ({"sender": ANN}, 409, ""),
    ],
)
def test_the_script_is_told_what_is_wrong_with_which_field(
    ann: Browser, fields: dict[str, str], status: int, field: str
) -> None:
    answer = ann.post("/settings", fields, Accept=JSON)

    assert answer.status_code == status
    assert list(answer.get_json()["errors"]) == [field]


def test_a_page_that_waits_learns_how_far_it_is(ann: Browser) -> None:
    change = ann.ask(ANN)
    address = f"/settings/progress?change={change}"

    asked = ann.get(address)
    ann.travel(f"/consent/{change}")
    approved = ann.get(address)
    ann.travel(f"/consent/{change}")

    news = [answer.get_json()["news"] for answer in (asked, approved)]
    assert news == ["asked", "approved"]
    assert ann.get(address).get_json() == {
        "news": "applied",
        "settings": f"/settings?change={change}",
    }
    assert asked.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("change", ["", "x", "00000000-0000-7000-8000-000000000000"])
def test_of_an_unknown_change_nothing_is_told(ann: Browser, change: str) -> None:
    assert ann.get(f"/settings/progress?change={change}").status_code == 404
    assert heading(ann.get(f"/settings?change={change}")) == "Tenant Settings"


def test_what_waits_can_be_discarded(ann: Browser) -> None:
    change = ann.ask(NOREPLY)

    for _ in range(2):
        page = ann.follow(ann.post("/settings/change/discard", {"change": str(change)}))

        assert "The change was discarded." in words(page)
    assert ann.get(f"/consent/{change}").status_code == 303


def test_only_the_account_that_was_shown_is_confirmed(ann: Browser) -> None:
    change = ann.enable(NOREPLY, REPORTS)
    seen = ann.get("/settings")
    form = {name: value(seen, name) for name in ("change", "proposal")}
    ann.travel(f"/consent/{change}", ANN)

    page = ann.follow(ann.post("/settings/proposal", form))

    assert f"By now {ANN} signed in." in words(page)
    assert "Use this account" in page.text


def test_there_is_nothing_to_confirm_without_a_proposal(ann: Browser) -> None:
    form = {"change": str(ann.ask(NOREPLY)), "proposal": "x"}

    page = ann.follow(ann.post("/settings/proposal", form))

    assert "Nobody has signed in for this change." in words(page)


@pytest.mark.parametrize("act", ["proposal", "change/discard"])
def test_of_a_change_that_no_form_was_shown_for_nothing_becomes(
    ann: Browser, act: str
) -> None:
    change = ann.enable(NOREPLY, REPORTS)
    form = {"proposal": value(ann.get("/settings"), "proposal")}

    answer = ann.post(f"/settings/{act}", form)

    assert answer.status_code == 303
    with db.reading() as session:
        assert changes.find(session, change).stage == Stage.PROPOSED


@pytest.mark.parametrize("address", ["/settings", "/settings/test", "/setup"])
@pytest.mark.parametrize("body", ["5", '{"sender": {"a": 1}}', '{"to": 5}', "{"])
def test_what_is_no_form_fills_in_none(ann: Browser, address: str, body: str) -> None:
    known = {"X-CSRFToken": token(ann.get("/settings"))}

    answer = ann.client.post(
        address, base_url=BASE, data=body, content_type=JSON, headers=known
    )

    assert answer.status_code == 422
