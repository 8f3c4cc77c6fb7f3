"""Where only an administrator may approve: the link for them, and how all goes on."""

from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from portal import config
from tests.browser.journeys.people import (
    REPORTS,
    Admin,
    Open,
    accept_as,
    choose,
    clean,
    seated,
    shut,
    titled,
    told,
)
from tests.browser.journeys.world import Portal
from tests.trip import ANN

WALL = "Return to the application without consent"
WAITING = "Waiting for admin approval"


@pytest.fixture
def reports(portal: Portal, windows: Open) -> Admin:
    """See reports@ signed in: a workspace admin, but none of Microsoft's."""
    admit(REPORTS)
    return seated(windows(), portal, REPORTS)


@pytest.fixture
def elsewhere(windows: Open) -> Page:
    """Open a browser in which nobody has signed in anywhere."""
    return windows()


def admit(address: str) -> None:
    """Name an admin as the environment does, with PORTAL_ADMINS."""
    config.use(replace(config.current(), admins=(address,)))


def link(page: Page) -> str:
    return page.get_by_role("textbox", name="Approval link").input_value()


def refuse(microsoft: Page) -> None:
    choose(microsoft, REPORTS)
    microsoft.get_by_role("button", name=WALL).click()


def test_a_change_waits_for_approval_and_goes_on_by_itself(
    reports: Admin, elsewhere: Page
) -> None:
    page = reports.page
    reports.sender.fill(REPORTS)
    microsoft = reports.ask("Enable")
    refuse(microsoft)
    told(microsoft, "Send this link to a Microsoft 365 administrator")
    clean(microsoft)
    told(page, WAITING, "This page goes on by itself once they approve.")
    expect(reports.button("Enable")).to_be_disabled()
    expect(reports.sender).to_be_disabled()
    expect(reports.sender).to_have_accessible_description(
        "Locked while approval is pending. Cancel the request to change it."
    )
    assert link(microsoft) == link(page)
    shut(microsoft)
    clean(page)

    elsewhere.goto(link(page))
    accept_as(elsewhere, ANN)
    titled(elsewhere, "Microsoft says it is approved")
    clean(elsewhere)

    told(page, "Your administrator has approved. Now the mailbox signs in")
    clean(page)
    choose(reports.go_on(), REPORTS)
    reports.completed()
    assert reports.portal.deliver("Approved")["from"] == REPORTS


def test_the_request_can_be_cancelled_and_changed(reports: Admin) -> None:
    reports.sender.fill(REPORTS)
    refuse(reports.ask("Enable"))
    told(reports.page, WAITING)

    reports.button("Cancel request").click()

    told(reports.page, "The change was discarded.", "Not connected")
    expect(reports.sender).to_be_enabled()


def test_an_administrator_at_the_same_screen_approves_at_once(reports: Admin) -> None:
    reports.sender.fill(REPORTS)
    microsoft = reports.ask("Enable")
    refuse(microsoft)
    told(reports.page, WAITING)

    reports.page.get_by_role("link", name="Approve as an administrator").click()
    accept_as(microsoft, ANN)  # the window that is open still is used again
    choose(microsoft, REPORTS)

    reports.completed()


def test_the_link_is_approved_before_anybody_asks_in_vain(
    reports: Admin, elsewhere: Page
) -> None:
    reports.sender.fill(REPORTS)
    shut(reports.ask("Enable"))
    told(reports.page, "One change waits for Microsoft’s consent")

    elsewhere.goto(link(reports.page))
    accept_as(elsewhere, ANN)

    told(reports.page, "Your administrator has approved. Now the mailbox signs in")


def test_signing_in_may_need_an_approval_itself(
    portal: Portal, windows: Open, elsewhere: Page
) -> None:
    admit(REPORTS)
    portal.sandbox.fault("user-consent-off")
    page = windows()
    page.goto(f"{portal.url}/settings")
    page.get_by_role("link", name="Sign in with Microsoft").click()
    refuse(page)
    told(page, "Send this link to a Microsoft 365 administrator")
    clean(page)
    shown = link(page)
    page.get_by_role("link", name="Try again").click()
    page.get_by_text("Microsoft asks for an approval?").click()
    assert link(page) == shown
    clean(page)

    elsewhere.goto(shown)
    accept_as(elsewhere, ANN)
    titled(elsewhere, "Microsoft says it is approved")

    page.get_by_role("link", name="Sign in with Microsoft").click()
    choose(page, REPORTS)
    titled(page, "Tenant Settings")


def test_the_setup_page_has_the_link_too(ann: Admin, elsewhere: Page) -> None:
    ann.page.goto(f"{ann.portal.url}/setup")
    told(ann.page, "Does your organization ask for admin approval?")

    elsewhere.goto(link(ann.page))
    accept_as(elsewhere, ANN)

    titled(elsewhere, "Microsoft says it is approved")
    told(elsewhere, "Thank you.")
