"""Another From, the switch and Reset, under a worker that runs all the time."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from portal import clock, db
from portal.errors import NotConnected
from portal.workspace import accounts, connections, tokens
from tests import trip
from tests.browser.journeys.people import (
    REPORTS,
    Admin,
    accept_as,
    choose,
    clean,
    shut,
    told,
)
from tests.trip import ANN

WAITS = "One change waits for Microsoft’s consent"


def test_from_is_changed_by_save_while_mail_goes_on(either_settled: Admin) -> None:
    ann, portal = either_settled, either_settled.portal
    ann.sender.fill(REPORTS)
    microsoft = ann.ask("Save", WAITS, f"From {ANN} to {REPORTS}", "Mail keeps leaving")
    between = portal.deliver("Between")
    accept_as(microsoft, REPORTS)
    ann.completed()
    after = portal.deliver("After")

    assert between["from"] == ANN
    assert after["from"] == REPORTS
    expect(ann.sender).to_have_value(REPORTS)


def test_from_follows_a_renamed_mailbox_while_mail_goes_on(settled: Admin) -> None:
    ann, portal, new = settled, settled.portal, "ann@contoso.example"
    portal.sandbox.fault("renamed", times=None, user=ANN, to=new)
    tokens.renew(trip.in_force()[0])
    portal.deliver("As an alias")

    ann.open()
    told(ann.page, f"The mailbox {ANN} is now called {new}")
    ann.button(f"Use {new} as From").click()

    told(ann.page, "Changes have been saved!")
    expect(ann.sender).to_have_value(new)
    portal.deliver("As itself")


def test_a_change_that_is_discarded_leaves_all_as_it_was(
    either_settled: Admin,
) -> None:
    ann, portal = either_settled, either_settled.portal
    ann.sender.fill(REPORTS)
    ann.press("Save")
    told(ann.page, WAITS)

    ann.button("Discard change").click()

    told(ann.page, "The change was discarded. Everything stays as it was.")
    expect(ann.sender).to_have_value(ANN)
    assert portal.deliver("Still")["from"] == ANN


def test_sign_in_that_ended_is_mended_by_the_change_that_waits(
    either_settled: Admin,
) -> None:
    ann, portal = either_settled, either_settled.portal
    ann.large.check()
    popup = ann.press("Save")
    told(ann.page, WAITS)
    if popup:
        shut(popup)
    portal.sandbox.fault("revoked")
    with pytest.raises(NotConnected):
        tokens.renew(trip.in_force()[0])

    ann.open()
    told(ann.page, "E-mail Authorization Required", WAITS)
    microsoft = ann.go_on("Sign In")
    accept_as(microsoft, ANN)
    choose(microsoft, ANN)

    ann.completed()
    expect(ann.large).to_be_checked()
    portal.deliver("After")


def test_save_is_dark_until_something_differs(settled: Admin) -> None:
    save = settled.button("Save")
    expect(save).to_be_disabled()
    expect(save).to_have_accessible_description("Nothing has changed yet.")

    settled.large.check()

    expect(save).to_be_enabled()


def test_large_attachments_are_allowed_from_the_start(either_ann: Admin) -> None:
    either_ann.large.check()

    either_ann.enable(ANN)

    either_ann.completed()
    told(either_ann.page, "Mail.ReadWrite", "Locked until Reset.")
    expect(either_ann.large).to_be_checked()
    expect(either_ann.large).to_be_disabled()


def test_large_attachments_are_allowed_later_and_locked_until_reset(
    either_settled: Admin,
) -> None:
    ann, why = either_settled, re.compile(r"^Authorised .* Locked until Reset\.$")
    ann.large.check()
    microsoft = ann.ask("Save")
    accept_as(microsoft, ANN)
    choose(microsoft, ANN)
    ann.completed()
    expect(ann.large).to_be_checked()
    expect(ann.large).to_be_disabled()
    expect(ann.large).to_have_accessible_description(why)

    ann.reset()

    expect(ann.large).not_to_be_checked()
    expect(ann.large).to_be_enabled()


def test_reset_takes_back_everything_that_was_consented(either_settled: Admin) -> None:
    either_settled.reset()

    told(either_settled.page, "Not connected", "Microsoft keeps its own record")
    expect(either_settled.sender).to_have_value("")
    expect(either_settled.button("Enable")).to_be_visible()
    expect(either_settled.button("Reset")).to_have_count(0)
    with db.reading() as session:
        account = accounts.find(session)
        assert connections.find(session, account.id) is None
    assert account.sender is None


def test_who_thinks_again_keeps_the_connection(either_settled: Admin) -> None:
    either_settled.button("Reset").click()

    either_settled.page.get_by_role("link", name="Keep connection").click()

    expect(either_settled.sender).to_have_value(ANN)
    assert either_settled.portal.deliver("Kept")["from"] == ANN


def test_reset_ends_what_was_asked_for_and_its_links(settled: Admin) -> None:
    change = trip.ask(REPORTS)

    settled.open()
    told(settled.page, WAITS)
    settled.reset()

    expect(settled.page.get_by_text(WAITS)).to_have_count(0)
    for link in (f"connect/{change.link}", f"approve/{change.approval_link}"):
        settled.page.goto(f"{settled.portal.url}/{link}")
        told(settled.page, "This link has ended")
    clean(settled.page)


def test_mail_waits_over_a_reset_and_leaves_as_the_next_from(
    either_settled: Admin,
) -> None:
    ann, portal = either_settled, either_settled.portal
    ann.reset()
    waiting = portal.send("Waiting")
    assert portal.status(waiting) == "held"
    ann.open()
    told(ann.page, "1 message waits")

    ann.enable(REPORTS)

    ann.completed()
    portal.wait_for(waiting, "sent")
    assert portal.sandbox.mails("Waiting")[0]["from"] == REPORTS


@pytest.mark.parametrize(
    ("button", "status", "sentence"),
    [
        ("Send waiting mail", "sent", "1 message goes out."),
        ("Discard", "cancelled", "1 message was discarded."),
    ],
)
def test_what_grew_old_meanwhile_waits_for_a_word(
    ann: Admin,
    monkeypatch: pytest.MonkeyPatch,
    button: str,
    status: str,
    sentence: str,
) -> None:
    with monkeypatch.context() as earlier:
        long_ago = clock.now() - timedelta(days=6)
        earlier.setattr(clock, "now", lambda: long_ago)
        old = ann.portal.send("Old")
    young = ann.portal.send("Young")
    ann.enable(ANN)
    ann.completed()
    ann.portal.wait_for(young, "sent")
    assert ann.portal.status(old) == "held"
    told(ann.page, "1 message waits for your decision")
    clean(ann.page)

    ann.button(button).click()

    told(ann.page, sentence)
    ann.portal.wait_for(old, status)


def test_everybody_can_use_the_dialog(settled: Admin) -> None:
    settled.button("Reset").click()
    dialog = settled.dialog("Reset this connection?")
    expect(dialog.get_by_role("link", name="Keep connection")).to_be_focused()
    clean(settled.page)

    dialog.get_by_role("button", name="Reset").click()

    told(settled.page, "The connection was reset")
    clean(settled.page)
