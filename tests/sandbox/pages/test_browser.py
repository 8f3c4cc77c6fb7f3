"""A real browser walks the pages: the policy lets through what must go through."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import axe
from tests.browser.browser import opened
from tests.sandbox.serving import CALLBACK, Sandbox
from tests.sandbox.walking import (
    ADMIN,
    ALEX,
    approval_url,
    authorize_url,
    send,
    tokens,
)


@pytest.fixture(params=["light", "dark"])
def window(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open a window in light or dark."""
    with opened(browser, request.param) as context:
        yield context.new_page()


def test_accept_leads_back_to_the_application(window: Page, fresh: Sandbox) -> None:
    window.goto(authorize_url(fresh))
    window.get_by_role("button", name=ADMIN).click()

    with window.expect_request(lambda sent: sent.url.startswith(CALLBACK)) as back:
        window.get_by_role("button", name="Accept").click()

    assert "code=" in back.value.url


def test_nobody_is_shut_out_of_a_page(window: Page, fresh: Sandbox) -> None:
    send(fresh, tokens(fresh)["access_token"])
    fresh.fault("user-consent-off")

    found = {}
    for path in ("/", "/faults", "/accounts", "/nowhere"):
        window.goto(f"{fresh.url}{path}")
        found[path] = axe.faults(window)
    for who, url in ((ADMIN, approval_url(fresh)), (ALEX, authorize_url(fresh))):
        window.goto(url)
        found[url] = axe.faults(window)
        window.get_by_role("button", name=who).click()
        found[who] = axe.faults(window)

    assert [fault for faults in found.values() for fault in faults] == []
