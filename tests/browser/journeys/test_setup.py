"""App registration in the browser, by a link that serves once or by an admin."""

import pytest
from playwright.sync_api import Locator, Page, expect

from portal import db
from portal.commands import operator
from portal.microsoft.login import Registration
from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from portal.workspace import registration
from tests.browser.journeys.people import (
    Admin,
    Open,
    accept_as,
    clean,
    titled,
    told,
)
from tests.browser.journeys.world import Portal
from tests.trip import ANN

SECRET_ID = "d2a4f6c8-91b3-4e5f-8a7b-6c5d4e3f2a1b"
OTHER_CLIENT = "a9900000-5a1d-4b0c-9c0d-0000000000bb"


@pytest.fixture(params=["script", "no script"])
def setup(unregistered: Portal, windows: Open, request: pytest.FixtureRequest) -> Page:
    """Open a link that `portal setup-link` printed."""
    page = windows(script=request.param == "script")
    page.goto(operator.setup_address())
    titled(page, "App registration")
    return page


def field(page: Page, name: str) -> Locator:
    return page.get_by_role("textbox", name=name, exact=True)


def fill(page: Page, **fields: str) -> None:
    """Fill in the form and press Save; what is not named is right."""
    right = {
        "Directory (Tenant) ID": TENANT_ID,
        "Application (Client) ID": CLIENT_ID,
        "E-mail address of the first admin": ANN,
    }
    for name, value in right.items():
        field(page, name).fill(value)
    page.get_by_label("Client Secret Value").fill(fields.get("secret", CLIENT_SECRET))
    if tenant := fields.get("tenant"):
        field(page, "Directory (Tenant) ID").fill(tenant)
    if client := fields.get("client"):
        field(page, "Application (Client) ID").fill(client)
    page.get_by_role("button", name="Save registration").click()


def registered() -> Registration | None:
    with db.reading() as session:
        return registration.current(session)


def test_a_link_leads_from_nothing_to_the_first_sign_in(
    unregistered: Portal, setup: Page
) -> None:
    assert setup.url == f"{unregistered.url}/setup"
    uri = field(setup, "Redirect URI")
    expect(uri).to_have_value(f"{unregistered.url}/callback")
    expect(uri).to_have_attribute("readonly", "")

    fill(setup)

    titled(setup, "Sign in to Mail Portal")
    told(setup, "Changes have been saved!")
    setup.get_by_role("link", name="Sign in with Microsoft").click()
    accept_as(setup, ANN)
    titled(setup, "Tenant Settings")


def test_a_domain_is_kept_as_the_id_of_the_tenant(setup: Page) -> None:
    fill(setup, tenant="contoso.example")

    titled(setup, "Sign in to Mail Portal")
    kept = registered()
    assert kept
    assert kept.tenant == TENANT_ID


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"secret": SECRET_ID}, "That looks like the Secret ID. We need the Value"),
        ({"secret": "wrong~secret"}, "The client secret is wrong."),
        ({"client": OTHER_CLIENT}, "The application is not known in this"),
        ({"tenant": "nobody.example"}, "Microsoft knows no such organization"),
        ({"client": "x"}, "This is no ID"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(
    windows: Open, unregistered: Portal, typed: dict[str, str], sentence: str
) -> None:
    page = windows()
    page.goto(operator.setup_address())

    fill(page, **typed)

    told(page, sentence)
    expect(page.locator("[aria-invalid=true]")).to_have_count(1)
    expect(page.get_by_label("Client Secret Value")).to_have_value("")
    expect(field(page, "E-mail address of the first admin")).to_have_value(ANN)
    clean(page)
    assert registered() is None


def test_while_microsoft_is_away_nothing_is_kept(
    windows: Open, unregistered: Portal
) -> None:
    page = windows()
    page.goto(operator.setup_address())
    unregistered.sandbox.fault("token-down")

    fill(page)
    expect(page.get_by_role("alert")).to_contain_text("Nothing was kept")
    fill(page)

    titled(page, "Sign in to Mail Portal")


def test_a_link_serves_once(unregistered: Portal, windows: Open) -> None:
    link, page, other = operator.setup_address(), windows(), windows()
    page.goto(link)
    other.goto(link)
    fill(page)
    titled(page, "Sign in to Mail Portal")

    other.reload()
    titled(other, "Sign in to Mail Portal")
    other.goto(link)

    titled(other, "This link has ended")
    clean(other)


def test_without_a_link_one_has_to_sign_in(unregistered: Portal, windows: Open) -> None:
    page = windows()

    page.goto(f"{unregistered.url}/setup")

    titled(page, "Sign in to Mail Portal")
    told(page, "portal setup-link")
    clean(page)


def test_everybody_can_use_the_page(unregistered: Portal, windows: Open) -> None:
    page = windows()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(operator.setup_address())
    clean(page)

    page.get_by_role("button", name="Copy", exact=True).click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{unregistered.url}/callback"


def test_an_admin_changes_the_secret_without_a_link(settled: Admin) -> None:
    page = settled.page
    page.get_by_role("link", name="App registration").click()
    told(page, "Before you change it")
    expect(page.get_by_label("Client Secret Value")).to_have_value("")
    clean(page)
    page.get_by_label("Client Secret Value").fill(CLIENT_SECRET)

    page.get_by_role("button", name="Save registration").click()

    titled(page, "Tenant Settings")
    told(page, "Changes have been saved!", "Connected")
    assert settled.portal.deliver("Goes on")["from"] == ANN
