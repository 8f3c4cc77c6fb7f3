"""Who gets in, who does not and why, and where one goes on."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from portal import clock
from tests.browser.journeys.people import (
    ALEX,
    Admin,
    Open,
    accept_as,
    choose,
    clean,
    sign_in,
    titled,
    told,
)
from tests.browser.journeys.world import Portal
from tests.trip import ANN

PAT = "pat@fabrikam.example"


@pytest.fixture(params=["script", "no script"])
def window(windows: Open, request: pytest.FixtureRequest) -> Page:
    """Open a window in which nobody is signed in."""
    return windows(script=request.param == "script")


def test_an_admin_gets_in_and_out_again(window: Page, portal: Portal) -> None:
    sign_in(window, portal)
    titled(window, "Tenant Settings")
    expect(window.get_by_role("banner")).to_contain_text(f"Signed in as{ANN}")

    window.get_by_role("button", name="Sign out").click()

    told(window, "You are signed out.")
    window.goto(f"{portal.url}/settings")
    titled(window, "Sign in to Mail Portal")


@pytest.mark.parametrize("place", ["/settings", "/settings/test", "/settings/reset"])
def test_nothing_is_seen_before(windows: Open, portal: Portal, place: str) -> None:
    window = windows()

    window.goto(f"{portal.url}{place}")

    titled(window, "Sign in to Mail Portal")
    told(window, "Your password never comes here.")


def test_who_is_no_admin_is_told_why_and_whom_to_ask(
    window: Page, portal: Portal
) -> None:
    with window.expect_response("**/trips/*") as answered:
        sign_in(window, portal, ALEX)

    assert answered.value.status == 403
    titled(window, "For workspace admins only")
    told(window, f"{ALEX} is not a workspace admin", ANN, "PORTAL_ADMINS")
    window.get_by_role("link", name="Sign in as someone else").click()
    window.get_by_role("link", name="Sign in with Microsoft").click()
    accept_as(window, ANN)
    titled(window, "Tenant Settings")


def test_somebody_of_another_organization_is_refused_by_microsoft(
    windows: Open, portal: Portal
) -> None:
    window = windows()
    window.goto(f"{portal.url}/settings")

    window.get_by_role("link", name="Sign in with Microsoft").click()
    choose(window, PAT)

    told(window, "AADSTS50020")


def test_who_cancels_may_try_again(window: Page, portal: Portal) -> None:
    window.goto(f"{portal.url}/settings")
    window.get_by_role("link", name="Sign in with Microsoft").click()
    choose(window, ANN)
    window.get_by_role("button", name="Cancel", exact=True).click()

    window.get_by_role("link", name="Try again").click()
    window.get_by_role("link", name="Sign in with Microsoft").click()
    accept_as(window, ANN)

    titled(window, "Tenant Settings")


def test_everybody_can_use_the_pages_of_signing_in(
    windows: Open, portal: Portal
) -> None:
    window = windows()

    window.goto(portal.url)
    clean(window)
    window.get_by_role("main").get_by_role("link", name="Sign in").click()
    clean(window)
    window.get_by_role("link", name="Sign in with Microsoft").click()
    accept_as(window, ALEX)
    titled(window, "For workspace admins only")
    clean(window)


def test_a_session_that_is_over_goes_on_where_it_was(
    either_ann: Admin, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = either_ann.page
    with monkeypatch.context() as later:
        pass_two_hours(later)
        page.goto(f"{portal.url}/settings/reset?from=menu")
        titled(page, "Sign in to Mail Portal")

    page.get_by_role("link", name="Sign in with Microsoft").click()
    accept_as(page, ANN)

    page.wait_for_url("**/settings/reset?from=menu")
    expect(page.get_by_role("dialog", name="Reset this connection?")).to_be_visible()


def test_enable_in_a_session_that_is_over_leads_to_sign_in(
    either_ann: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    either_ann.sender.fill(ANN)
    with monkeypatch.context() as later:
        pass_two_hours(later)
        either_ann.button("Enable").click()
        titled(either_ann.page, "Sign in to Mail Portal")

    either_ann.page.get_by_role("link", name="Sign in with Microsoft").click()
    accept_as(either_ann.page, ANN)

    titled(either_ann.page, "Tenant Settings")


def pass_two_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    later = clock.now() + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: later)
