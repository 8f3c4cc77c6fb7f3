"""Mail accounts in a browser, each kind of them: typed, tried, saved, and sent by."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Locator, Page, expect

from portal.config import Config
from portal.sandbox.google.people import CLIENT_ID, CLIENT_SECRET
from tests import trip
from tests.browser.journeys.people import (
    REPORTS,
    Admin,
    Open,
    accept_as,
    choose,
    clean,
    seated,
    shut,
    told,
)
from tests.browser.journeys.world import Portal, running
from tests.sandbox.walking import approval_url
from tests.trip import ANN

PASSWORD = "sandbox password"
DANA = "dana@northwind.example"
OF_SERVER = (
    "Host SMTP",
    "Port",
    "Use safe connection",
    "Network Connector",
    "Username",
)
NO_RETURN_PATH = re.compile("Microsoft Graph takes none: failures are reported")


@pytest.fixture
def portal(house: Config) -> Iterator[Portal]:
    """Run a portal that is registered, beside a Microsoft that takes mail by SMTP."""
    with running(house, smtp=True) as portal:
        trip.register(admin=ANN)
        yield portal


@pytest.fixture
def ann(portal: Portal, windows: Open) -> Admin:
    """See Ann before the list of accounts."""
    ann = seated(windows(), portal)
    ann.page.goto(f"{portal.url}/accounts")
    return ann


def approve(portal: Portal) -> None:
    """Have the application granted permissions of its own."""
    at = f"{portal.url}/callback"
    for resource in ("https://graph.microsoft.com", "https://outlook.office365.com"):
        asked = {"redirect_uri": at, "scope": f"{resource}/.default"}
        portal.sandbox.sign_in(None, approval_url(portal.sandbox, **asked))


def text(page: Page, name: str) -> Locator:
    return page.get_by_label(name, exact=True)


def return_path(page: Page) -> Locator:
    """Find the one that is shown: it is locked where the way to send takes none."""
    return page.get_by_role("textbox", name="Reply e-mail (Return-Path)")


def fill_in(ann: Admin) -> Page:
    """Type what an SMTP account at the sandbox needs."""
    page = ann.page
    page.get_by_role("link", name="Add account").click()
    text(page, "Account name").fill("Branch office relay")
    assert ann.portal.sandbox.smtp
    text(page, "Host SMTP").fill("localhost")
    text(page, "Port").fill(str(ann.portal.sandbox.smtp.port))
    page.get_by_role("switch", name="Ignore certificate error").check()
    text(page, "Username").fill(REPORTS)
    text(page, "Sender email").fill(REPORTS)
    expect(return_path(page)).to_be_enabled()
    return page


def test_an_smtp_account_is_tried_then_added_and_sends(ann: Admin) -> None:
    page = fill_in(ann)
    text(page, "Password").fill("wrong")
    with page.expect_popup() as opened:
        ann.button("Test these settings").click()
    expect(opened.value.get_by_role("heading", level=1)).to_contain_text(
        "Failed to send the test e-mail"
    )
    shut(opened.value)

    text(page, "Password").fill(PASSWORD)
    ann.button("Add account").click()
    told(page, "The account was added. Try it with Test these settings.")
    clean(page)
    page.goto(f"{ann.portal.url}/accounts")
    page.get_by_role("link", name="Test setting Branch office relay").click()
    ann.button("Send test email").click()

    told(page, f"A test e-mail was sent to {ANN}")
    (mail,) = ann.portal.sandbox.mails("TEST MESSAGE!")
    assert (mail["from"], mail["to"]) == (REPORTS, [ANN])


def test_smtp_with_oauth_needs_no_password(ann: Admin) -> None:
    approve(ann.portal)
    page = fill_in(ann)
    text(page, "E-mail Authentication Type").select_option("OAuth")
    ann.button("Add account").click()
    told(page, "The account was added.")
    page.get_by_role("link", name="Mail accounts").first.click()
    page.get_by_role("link", name="Test setting Branch office relay").click()
    ann.button("Send test email").click()

    told(page, f"A test e-mail was sent to {ANN}")


def test_a_user_signs_in_for_an_smtp_account(ann: Admin) -> None:
    page = fill_in(ann)
    text(page, "E-mail Authentication Type").select_option(
        "OAuth, with a user’s sign-in"
    )
    ann.button("Add account").click()
    told(page, "E-mail Authorization Required")
    microsoft = ann.ask("Sign In", "One change waits")
    accept_as(microsoft, ANN)
    choose(microsoft, REPORTS)

    ann.completed()
    clean(page)
    told(page, "Connected as")
    try_it(ann)
    (mail,) = ann.portal.sandbox.mails("TEST MESSAGE!")
    assert mail["call"] == "SMTP submission (delegated)"


def test_a_user_of_google_workspace_signs_in(ann: Admin) -> None:
    page = fill_in(ann)
    choose_google(page, f"{ann.portal.url}/callback/google")
    fill_in_client(ann)
    ann.button("Add account").click()
    told(page, f"as {DANA}, at Google")
    google = ann.ask("Sign In", "One change waits for the sign-in at Google")
    choose(google, DANA)
    google.get_by_role("button", name="Continue", exact=True).click()

    ann.completed()
    clean(page)
    try_it(ann)
    (mail,) = ann.portal.sandbox.mails("TEST MESSAGE!")
    assert (mail["mailbox"], mail["call"]) == (DANA, "SMTP submission (Gmail)")


def choose_google(page: Page, redirect_uri: str) -> None:
    """Choose the provider; the fields follow, and show what Google has to be told."""
    text(page, "Host SMTP").fill("smtp.office365.com")
    text(page, "E-mail Authentication Type").select_option(
        "OAuth, with a user’s sign-in"
    )
    text(page, "E-mail Provider").select_option("Google Workspace")
    expect(text(page, "Host SMTP")).to_have_value("smtp.gmail.com")
    shown = page.get_by_role("textbox", name="Redirect URI")
    expect(shown).to_have_value(redirect_uri)
    expect(text(page, "Tenant ID")).to_be_hidden()
    clean(page)


def fill_in_client(ann: Admin) -> None:
    """Type what the sandbox's Google knows the portal as, and who signs in there."""
    page, gmail = ann.page, ann.portal.sandbox.gmail
    assert gmail
    text(page, "Host SMTP").fill("localhost")
    text(page, "Port").fill(str(gmail.port))
    text(page, "Client ID").fill(CLIENT_ID)
    text(page, "Client Secret Value").fill(CLIENT_SECRET)
    text(page, "Username").fill(DANA)
    text(page, "Sender email").fill(DANA)


def try_it(ann: Admin) -> None:
    """Press Test setting, and have the mail sent."""
    ann.page.goto(f"{ann.portal.url}/accounts")
    ann.page.get_by_role("link", name="Test setting Branch office relay").click()
    ann.button("Send test email").click()
    told(ann.page, f"A test e-mail was sent to {ANN}")


def test_the_mail_system_of_this_machine_needs_no_more_than_a_sender(
    ann: Admin,
) -> None:
    page = ann.page
    page.get_by_role("link", name="Add account").click()
    text(page, "Account name").fill("Cron jobs")
    text(page, "E-mail Authentication Type").select_option("consent")
    for each in OF_SERVER:
        expect(text(page, each)).to_be_visible()
    text(page, "E-mail Type").select_option("Native")
    for each in OF_SERVER:
        expect(text(page, each)).to_be_hidden()
    expect(ann.button("Test these settings")).to_be_visible()
    text(page, "Sender email").fill(REPORTS)
    ann.button("Add account").click()

    told(page, "The account was added. Try it with Test these settings.")
    expect(text(page, "E-mail Type")).to_have_value("native")


def test_the_application_sends_without_anybody_signed_in(ann: Admin) -> None:
    approve(ann.portal)
    page = ann.page
    page.get_by_role("link", name="Add account").click()
    text(page, "Account name").fill("Archive")
    page.get_by_role("radio", name="Microsoft 365, application permission").check()
    expect(text(page, "Host SMTP")).to_be_hidden()
    expect(return_path(page)).to_be_disabled()
    expect(return_path(page)).to_have_accessible_description(NO_RETURN_PATH)
    text(page, "Sends as").fill(REPORTS)
    ann.button("Add account").click()
    told(page, "The account was added.")
    page.goto(f"{ann.portal.url}/accounts")
    page.get_by_role("link", name="Test setting Archive").click()
    ann.button("Send test email").click()

    told(page, f"A test e-mail was sent to {ANN}")
    (mail,) = ann.portal.sandbox.mails("TEST MESSAGE!")
    assert mail["from"] == REPORTS


def test_without_script_it_is_the_same(portal: Portal, windows: Open) -> None:
    ann = seated(windows(script=False), portal, script=False)
    ann.page.goto(f"{portal.url}/accounts")
    page = fill_in(replace(ann, script=False))
    text(page, "Password").fill(PASSWORD)
    ann.button("Add account").click()
    told(page, "The account was added.")
    page.get_by_role("link", name="Delete").click()
    ann.button("Delete account").click()

    told(page, "The account was deleted.")
