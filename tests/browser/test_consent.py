"""A person connects a mailbox: opens the link, chooses an account, accepts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.config import Config
from tests import trip
from tests.browser import axe
from tests.browser.browser import opened
from tests.browser.journeys.world import Portal, serving


@pytest.fixture
def portal(house: Config) -> Iterator[Portal]:
    """Serve a portal that is registered, and has no connection yet."""
    with serving(house) as portal:
        trip.register()
        yield portal


@pytest.fixture
def window(browser: Browser) -> Iterator[Page]:
    """Open an empty window."""
    with opened(browser, "light") as context:
        yield context.new_page()


def test_a_mailbox_is_connected(window: Page, portal: Portal) -> None:
    window.goto(f"{portal.url}/connect/{trip.invite()}")
    window.get_by_role("button", name="admin@contoso.example").click()
    window.get_by_role("button", name="Accept").click()

    heading = window.get_by_role("heading", level=1)
    expect(heading).to_have_text("Email OAuth 2.0 authentication succeeded")
    assert axe.faults(window) == []


def test_who_cancels_may_try_again(window: Page, portal: Portal) -> None:
    window.goto(f"{portal.url}/connect/{trip.invite()}")
    window.get_by_role("button", name="admin@contoso.example").click()
    window.get_by_role("button", name="Cancel").click()
    expect(window.get_by_role("heading", level=1)).not_to_have_text("Sign-in stopped")

    window.get_by_role("link", name="Try again").click()
    window.get_by_role("button", name="admin@contoso.example").click()
    window.get_by_role("button", name="Accept").click()

    heading = window.get_by_role("heading", level=1)
    expect(heading).to_have_text("Email OAuth 2.0 authentication succeeded")


def test_another_name_of_this_machine_leads_to_the_same_browser(
    window: Page, portal: Portal
) -> None:
    window.goto(
        f"{portal.url.replace('localhost', '127.0.0.1')}/connect/{trip.invite()}"
    )
    window.get_by_role("button", name="admin@contoso.example").click()
    window.get_by_role("button", name="Accept").click()

    heading = window.get_by_role("heading", level=1)
    expect(heading).to_have_text("Email OAuth 2.0 authentication succeeded")
