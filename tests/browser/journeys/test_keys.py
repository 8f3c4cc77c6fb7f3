"""An API key in a browser: made, copied, used, gone for whoever comes back, revoked."""

import pytest
import requests
from playwright.sync_api import Error, Page, expect

from tests.browser.journeys.people import Admin, clean, told
from tests.journeys.running import session

CREATED = "The key Billing is made. Copy it now: it is shown this once."

PRESSED_TWICE = """() => [1, 2].map(() => {
    const event = new SubmitEvent("submit", { cancelable: true });
    return document.querySelector("form[data-create]").dispatchEvent(event);
})"""


def create(ann: Admin, name: str = "Billing") -> str:
    """Make a key that may send as Ann; return its secret."""
    page = ann.page
    page.goto(f"{ann.portal.url}/keys")
    page.get_by_role("textbox", name="Name", exact=True).fill(name)
    page.locator("summary", has_text="Limits").click()
    page.get_by_role("checkbox", name="default").check()
    page.get_by_role("textbox", name="From addresses").fill("contoso.example")
    page.get_by_role("textbox", name="Largest message").fill("2.5")
    ann.button("Create key").click()
    return page.locator("#secret").inner_text()


def send(ann: Admin, secret: str) -> requests.Response:
    message = {"to": ["jane@example.com"], "subject": "Bill", "text": "Please pay."}
    with session() as client:
        return client.post(
            f"{ann.portal.url}/api/v1/messages",
            json=message,
            headers={"Authorization": f"Bearer {secret}"},
            timeout=20,
        )


def revoke(page: Page, name: str = "Billing") -> None:
    page.get_by_role("link", name=f"Revoke {name}").click()
    dialog = page.get_by_role("dialog", name=f"Revoke {name}?")
    dialog.get_by_role("button", name="Revoke").click()


def test_a_key_is_made_used_and_revoked(either_settled: Admin) -> None:
    ann = either_settled

    secret = create(ann)

    told(ann.page, CREATED, "Up to 2.5 MB a message", "Active")
    assert send(ann, secret).status_code == 202
    ann.page.goto(f"{ann.portal.url}/keys")
    revoke(ann.page)
    told(ann.page, "The key Billing is revoked: it opens nothing.", "Revoked")
    assert send(ann, secret).status_code == 401


def test_the_button_copies_the_key(ann: Admin) -> None:
    ann.page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    secret = create(ann)

    ann.button("Copy key").click()
    expect(ann.button("Copied")).to_be_visible()
    assert ann.page.evaluate("navigator.clipboard.readText()") == secret
    ann.page.locator("summary", has_text="Try it").click()
    clean(ann.page)


def test_who_goes_back_finds_no_key(ann: Admin) -> None:
    create(ann)
    ann.page.get_by_role("link", name="Audit").click()
    told(ann.page, "created key")

    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        ann.page.go_back()


def test_a_second_press_in_a_row_does_not_hide_the_answer(ann: Admin) -> None:
    ann.page.goto(f"{ann.portal.url}/keys")

    assert ann.page.evaluate(PRESSED_TWICE) == [True, False]


def test_a_browser_that_keeps_pages_keeps_no_key(ann: Admin) -> None:
    create(ann)

    ann.page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")

    expect(ann.page.locator("#secret")).to_have_count(0)
    told(ann.page, CREATED)


def test_limits_are_changed_on_a_page_of_their_own(either_ann: Admin) -> None:
    create(either_ann)
    page = either_ann.page

    page.get_by_role("link", name="Limits Billing").click()
    page.get_by_role("textbox", name="Messages a minute").fill("sixty")
    either_ann.button("Save").click()
    told(page, "Type a whole number from 1 to 1,000,000")
    page.get_by_role("textbox", name="Messages a minute").fill("60")
    either_ann.button("Save").click()

    told(page, "Changes have been saved!", "60 messages a minute")
