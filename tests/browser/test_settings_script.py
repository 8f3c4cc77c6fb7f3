"""What script adds to the settings page: checks while one types, copies, opens windows.

The server is played by routes, so that it can answer as it seldom does.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Route, expect

from tests.browser.browser import opened
from tests.web.standings import ID, NOREPLY

AGREED = {"consent": "/elsewhere/consent", "change": str(ID)}


def elsewhere(route: Route) -> None:
    """Answer with a page that is none of ours."""
    with suppress(Error):  # whoever asked may be gone: a test ends while a page asks
        route.fulfill(content_type="text/html", body="<title>Somewhere else</title>")


def saying(told: object) -> Callable[[Route], None]:
    """Answer a page that asks by itself."""

    def answer(route: Route) -> None:
        with suppress(Error):
            route.fulfill(json=told)

    return answer


@pytest.fixture
def window(browser: Browser, address: str) -> Iterator[BrowserContext]:
    """Open a window in which every address but those of pages shows an empty one."""
    with opened(browser, "light") as context:
        for path in ("elsewhere/*", "consent/*", "settings?*", "settings"):
            context.route(f"{address}/{path}", elsewhere)
        yield context


@pytest.fixture
def page(window: BrowserContext) -> Page:
    return window.new_page()


@pytest.fixture
def unconnected(page: Page, address: str) -> Page:
    """Show the settings page before anything was typed."""
    page.goto(f"{address}/pages/settings-not-connected")
    return page


def answered(page: Page, what: object, status: int = 200) -> list[str]:
    """Answer what the script posts; gives the addresses that were posted to."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        if route.request.method != "POST":
            elsewhere(route)
        else:
            asked.append(route.request.headers["accept"])
            route.fulfill(status=status, json=what)

    page.route("**/settings", answer)
    return asked


def enable(page: Page) -> Any:
    return page.get_by_role("button", name="Enable")


def sender(page: Page) -> Any:
    return page.get_by_role("textbox", name="From Email Address")


def test_what_is_wrong_turns_red_only_when_one_is_done_typing(
    unconnected: Page,
) -> None:
    error = unconnected.locator("#sender-error")
    sender(unconnected).press_sequentially("noreply")
    expect(error).to_be_hidden()

    sender(unconnected).blur()
    expect(error).to_have_text("This is not an e-mail address.")
    expect(sender(unconnected)).to_have_attribute("aria-invalid", "true")

    sender(unconnected).fill(NOREPLY)
    expect(error).to_be_hidden()
    expect(sender(unconnected)).not_to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize("name", ["not-connected", "connected", "waiting"])
def test_without_script_only_the_server_disables(
    browser: Browser, address: str, name: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()

    page.goto(f"{address}/pages/settings-{name}")

    submit = page.locator("[data-submit]")
    assert submit.is_disabled() == (name == "waiting")
    assert page.locator("[data-copy]:visible").count() == 0
    context.close()


def test_enable_opens_a_window_and_sends_it_on(unconnected: Page) -> None:
    answered(unconnected, AGREED)
    sender(unconnected).fill(NOREPLY)

    with unconnected.expect_popup() as popup:
        enable(unconnected).click()

    popup.value.wait_for_url("**/elsewhere/consent")
    unconnected.wait_for_url(f"**/settings?change={ID}")


def test_what_the_server_refuses_is_said_beside_the_field(unconnected: Page) -> None:
    answered(unconnected, {"errors": {"sender": "Nobody has this."}}, 422)
    sender(unconnected).fill(NOREPLY)

    with unconnected.expect_popup() as popup:
        enable(unconnected).click()

    expect(unconnected.locator("#sender-error")).to_have_text("Nobody has this.")
    expect(sender(unconnected)).to_be_focused()
    expect(enable(unconnected)).to_be_enabled()
    assert popup.value.is_closed() or popup.value.wait_for_event("close")


@pytest.mark.parametrize(
    ("status", "body"),
    [(401, json.dumps({"errors": {"": "Sign in."}})), (500, "<h1>Broken</h1>")],
)
def test_what_the_script_cannot_go_on_with_the_server_answers_as_a_page(
    unconnected: Page, status: int, body: str
) -> None:
    def answer(route: Route) -> None:
        if route.request.headers["accept"] == "application/json":
            route.fulfill(status=status, body=body)
        else:
            elsewhere(route)

    unconnected.route("**/settings", answer)
    sender(unconnected).fill(NOREPLY)

    enable(unconnected).click()

    expect(unconnected).to_have_title("Somewhere else")


def test_a_link_to_microsoft_opens_a_window_too(page: Page, address: str) -> None:
    page.goto(f"{address}/pages/settings-pending")

    with page.expect_popup() as popup:
        page.get_by_role("link", name="Continue to Microsoft").click()

    popup.value.wait_for_url(f"**/consent/{ID}")
    assert page.url.endswith("/pages/settings-pending")


def test_the_same_page_stays_where_nobody_opened_a_window(
    page: Page, address: str
) -> None:
    page.goto(f"{address}/pages/settings-complete")

    expect(page.get_by_text("Authorization complete!")).to_be_visible()


@pytest.mark.parametrize(
    "told", [{"news": "approved", "settings": "/settings?change=1"}, {"errors": {}}]
)
def test_the_page_goes_on_by_itself(page: Page, address: str, told: object) -> None:
    page.route("**/settings/progress?*", saying(told))

    page.goto(f"{address}/pages/settings-waiting")

    page.wait_for_url(lambda url: "/pages/" not in url)
    assert page.url.startswith(f"{address}/settings")


def test_while_nothing_happens_it_only_asks(page: Page, address: str) -> None:
    same = {"news": "waiting", "settings": "/settings"}
    page.route("**/settings/progress?*", saying(same))
    page.goto(f"{address}/pages/settings-waiting")

    for _ in range(2):
        with page.expect_response("**/settings/progress?*"):
            pass

    assert page.url.endswith("/pages/settings-waiting")


def test_a_test_mail_on_its_way_is_looked_at_again(page: Page, address: str) -> None:
    page.goto(f"{address}/pages/settings-test-waiting")
    expect(page.get_by_text("The test e-mail is on its way")).to_be_visible()
    page.route("**/pages/settings-test-waiting", elsewhere)

    expect(page).to_have_title("Somewhere else")


def test_a_link_is_copied(page: Page, address: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{address}/pages/settings-waiting")
    link = page.get_by_label("Approval link").input_value()

    page.get_by_role("button", name="Copy approval link for your admin").click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == link


def test_a_command_is_copied_as_it_must_be_typed(page: Page, address: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{address}/pages/settings-attention")

    page.get_by_role("button", name="Copy command").click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == (
        "Add-RecipientPermission -Identity 'noreply@contoso.example'"
        " -Trustee 'reports@contoso.example' -AccessRights SendAs -Confirm:$false"
    )


@pytest.mark.parametrize(
    ("name", "focused"),
    [
        ("reset", "Keep connection"),
        ("test-sent", "Done"),
        ("test-failed", "Try again"),
    ],
)
def test_a_dialog_has_the_focus_and_is_left_by_escape(
    page: Page, address: str, name: str, focused: str
) -> None:
    page.goto(f"{address}/pages/settings-{name}")
    expect(page.get_by_role("link", name=focused)).to_be_focused()

    page.keyboard.press("Escape")

    page.wait_for_url(f"{address}/settings")
