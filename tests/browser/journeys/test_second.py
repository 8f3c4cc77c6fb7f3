"""A second mailbox that a user signs in for: added, sent by, taken back, deleted."""

import pytest
from playwright.sync_api import expect

from tests import trip
from tests.browser.journeys.people import REPORTS, Admin, clean, titled, told
from tests.trip import ANN

BILLING = "Settings – Billing"


@pytest.fixture
def billing(settled: Admin) -> Admin:
    """See Ann before the settings of a second account, connected as reports@."""
    add(settled)
    trip.connect_as(settled.portal.sandbox, REPORTS, name="Billing")
    settled.page.reload()
    return settled


def add(ann: Admin) -> None:
    """Add a second account that a user is to sign in for."""
    page = ann.page
    page.goto(f"{ann.portal.url}/accounts")
    page.get_by_role("link", name="Add account").click()
    page.get_by_label("Account name", exact=True).fill("Billing")
    page.get_by_role(
        "radio", name="Microsoft 365 mailbox signed in by its user"
    ).check()
    ann.button("Add account").click()
    titled(page, BILLING)


def test_it_is_added_and_enabled_beside_the_first(either_settled: Admin) -> None:
    ann = either_settled
    add(ann)
    told(ann.page, "The account was added. Enable connects it.", "Not connected")

    ann.enable(REPORTS)

    ann.completed()
    titled(ann.page, BILLING)
    told(ann.page, "Connected as", REPORTS)
    assert trip.in_force()[1] == ANN


def test_everybody_can_use_its_pages(billing: Admin) -> None:
    clean(billing.page)

    billing.page.get_by_role("link", name="Billing", exact=True).click()

    titled(billing.page, "Billing")
    clean(billing.page)


def test_its_test_mail_leaves_by_it(billing: Admin) -> None:
    billing.button("Send test email").click()
    dialog = billing.dialog("Send test email")
    dialog.get_by_role("button", name="Send test email").click()

    expect(dialog).to_contain_text(f"A test e-mail was sent to {ANN}")
    (mail,) = billing.portal.sandbox.mails("TEST MESSAGE!")
    assert mail["from"] == REPORTS
    dialog.get_by_role("link", name="Done").click()
    titled(billing.page, BILLING)


def test_it_becomes_the_default_one(billing: Admin) -> None:
    before = billing.portal.deliver("Before")

    billing.page.get_by_role("link", name="Billing", exact=True).click()
    billing.page.get_by_role("switch", name="Default account").check()
    billing.button("Save account").click()

    told(billing.page, "Changes have been saved!")
    after = billing.portal.deliver("After")
    assert (before["from"], after["from"]) == (ANN, REPORTS)


def test_reset_leaves_the_first_as_it_was(billing: Admin) -> None:
    billing.reset()

    titled(billing.page, BILLING)
    told(billing.page, "Not connected")
    billing.open()
    told(billing.page, "Connected as", ANN)
    assert billing.portal.deliver("Still")["from"] == ANN


def test_it_is_deleted(billing: Admin) -> None:
    billing.page.get_by_role("link", name="Billing", exact=True).click()
    billing.page.get_by_role("link", name="Delete").click()
    told(billing.page, "Its settings and its sign-in or password are erased.")
    billing.button("Delete account").click()

    told(billing.page, "The account was deleted.")
    expect(billing.page.get_by_role("link", name="Billing")).to_have_count(0)
