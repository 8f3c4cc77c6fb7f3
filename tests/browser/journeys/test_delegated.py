"""From is a shared mailbox or a group; whoever may send as it signs in elsewhere."""

import pytest
from playwright.sync_api import Page, expect

from tests import trip
from tests.browser.journeys.people import (
    ALEX,
    NOREPLY,
    REPORTS,
    TEAM,
    Admin,
    Open,
    accept_as,
    choose,
    clean,
    shut,
    titled,
    told,
)
from tests.trip import ANN

COMMAND = (
    f"Add-RecipientPermission -Identity '{NOREPLY}' -Trustee '{REPORTS}'"
    " -AccessRights SendAs -Confirm:$false"
)
NO_RIGHT = f"sending as {NOREPLY} needs Send As"


@pytest.fixture
def elsewhere(windows: Open) -> Page:
    """Open a browser in which nobody has signed in anywhere."""
    return windows()


@pytest.fixture
def delegated(ann: Admin) -> Admin:
    """See Ann before a portal that sends as noreply@ with the sign-in of reports@."""
    trip.connect_as(ann.portal.sandbox, REPORTS, NOREPLY)
    ann.open()
    return ann


def connection_link(ann: Admin) -> str:
    """Ask for noreply@ and approve; return the link for the mailbox's user."""
    ann.sender.fill(NOREPLY)
    microsoft = ann.ask("Enable")
    accept_as(microsoft, ANN)
    expect(microsoft.get_by_role("heading", name="Sign in")).to_be_visible()
    shut(microsoft) if ann.script else ann.open()
    told(ann.page, "Your administrator has approved. Now the mailbox signs in")
    link = ann.page.get_by_role("textbox", name="Connection link")
    return link.input_value()


def test_the_mailbox_user_signs_in_elsewhere_and_ann_confirms(
    ann: Admin, elsewhere: Page
) -> None:
    elsewhere.goto(connection_link(ann))
    choose(elsewhere, REPORTS)
    told(elsewhere, "Your admin confirms it now", "Until then nothing changes")
    expect(elsewhere.get_by_role("button")).to_have_count(0)
    clean(elsewhere)
    told(ann.page, f"Expected {NOREPLY}, signed in as {REPORTS}", NO_RIGHT)
    clean(ann.page)

    ann.button("Use this account").click()

    ann.completed()
    card = ann.page.get_by_role("region", name=NOREPLY)
    expect(card.get_by_role("definition").nth(0)).to_have_text(REPORTS)
    expect(card.get_by_role("definition").nth(1)).to_contain_text(ANN)
    mail = ann.portal.deliver("Delegated")
    assert (mail["from"], mail["mailbox"]) == (NOREPLY, REPORTS)


def test_another_account_may_sign_in_instead(either_ann: Admin) -> None:
    ann = either_ann
    ann.enable(NOREPLY, ALEX)
    told(ann.page, f"Expected {NOREPLY}, signed in as {ALEX}")
    if not ann.script:
        ann.open()

    choose(ann.go_on("Sign in again"), REPORTS)
    told(ann.page, f"Expected {NOREPLY}, signed in as {REPORTS}")
    ann.button("Use this account").click()

    if not ann.script:
        ann.open()
    told(ann.page, "Connected as", REPORTS)
    assert ann.portal.deliver("Second")["mailbox"] == REPORTS


def test_a_proposal_changes_nothing_before_it_is_confirmed(settled: Admin) -> None:
    settled.sender.fill(NOREPLY)
    accept_as(settled.ask("Save"), REPORTS)
    told(settled.page, f"Expected {NOREPLY}, signed in as {REPORTS}")

    meanwhile = settled.portal.deliver("Meanwhile")
    settled.button("Discard change").click()

    assert meanwhile["from"] == ANN
    told(settled.page, "The change was discarded.")
    expect(settled.sender).to_have_value(ANN)


def test_a_group_sends_with_the_sign_in_of_its_delegate(ann: Admin) -> None:
    ann.enable(TEAM, REPORTS)
    told(ann.page, f"Expected {TEAM}, signed in as {REPORTS}")

    ann.button("Use this account").click()

    ann.completed()
    mail = ann.portal.deliver("Group")
    assert (mail["from"], mail["mailbox"]) == (TEAM, REPORTS)


def test_without_the_right_mail_is_held_until_it_is_given(delegated: Admin) -> None:
    ann, portal = delegated, delegated.portal
    portal.sandbox.fault("send-as-withdrawn")
    waiting = [portal.send("One"), portal.send("Two")]
    for each in waiting:
        portal.wait_for(each, "held")
    ann.open()
    told(ann.page, "Needs attention", "Mail is held until somebody acts", COMMAND)
    clean(ann.page)
    portal.sandbox.clear()

    ann.button("Send test email").click()
    ann.dialog("Send test email").get_by_role("button", name="Send test email").click()

    expect(ann.page.get_by_text(f"A test e-mail was sent to {ANN}")).to_be_visible()
    for each in waiting:
        portal.wait_for(each, "sent")
    ann.open()
    told(ann.page, "Connected", "A mail was accepted")
    expect(ann.page.get_by_text("Needs attention")).to_have_count(0)


def test_the_operators_link_needs_nobody_else(ann: Admin, elsewhere: Page) -> None:
    portal, link = ann.portal, trip.invite(NOREPLY)

    elsewhere.goto(f"{portal.url}/connect/{link}")
    accept_as(elsewhere, REPORTS)
    told(elsewhere, "Is this the right account?", NO_RIGHT)
    clean(elsewhere)
    elsewhere.get_by_role("button", name="Use this account").click()

    titled(elsewhere, "Email OAuth 2.0 authentication succeeded")
    clean(elsewhere)
    assert portal.deliver("Operator")["from"] == NOREPLY
