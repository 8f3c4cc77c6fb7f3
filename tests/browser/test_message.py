"""The page of a message in a browser: it follows an upload, and what is decided."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from portal import clock, db
from portal.mail import content, outbox, transfers
from portal.mail.journal import Event
from portal.mail.outbox import MessageRow, State
from portal.mail.transfers import Transfer
from tests.browser import axe
from tests.browser.browser import opened
from tests.browser.journeys.people import seated
from tests.browser.journeys.world import Portal
from tests.mail import backlog
from tests.web.posting import end, put

MB = 1_000_000
TOTAL = 48 * MB
SOON = 10_000  # milliseconds; the page asks every second while something moves
LONG = 60_000  # milliseconds; it never leaves more between two looks


@pytest.fixture
def message(portal: Portal) -> UUID:
    """Put a message that waits."""
    return put()


@pytest.fixture
def page(browser: Browser, portal: Portal) -> Iterator[Page]:
    """See Ann signed in."""
    with opened(browser, "light") as window:
        yield seated(window.new_page(), portal).page


@pytest.fixture
def uploading(portal: Portal, page: Page, message: UUID) -> Page:
    """See the page of a message whose file is on its way, a quarter of it there."""
    backlog.take()
    with db.session() as session:
        key = content.find(session, message).key
        transfers.plan(session, message, {1: TOTAL})
        start = Transfer(part=1, size=TOTAL, url="https://up.example/1")
        transfers.go_on(session, message, key, start)
    advance(message, 12 * MB)
    page.goto(f"{portal.url}/messages/{message}")
    page.evaluate("window.kept = true")
    return page


def advance(message: UUID, received: int) -> None:
    """Let so many bytes of the file have come, two seconds later."""
    with db.session() as session:
        transfers.advance(session, message, 1, received)
        row = session.get_one(transfers.TransferRow, (message, 1))
        row.moved_at = clock.now() + timedelta(seconds=2)


def bar(page: Page) -> Locator:
    return page.get_by_role("progressbar", name="Files")


def amount(page: Page) -> Locator:
    return page.locator("[data-amount]")


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def test_an_upload_is_followed_without_loading_the_page_anew(
    uploading: Page, message: UUID
) -> None:
    expect(bar(uploading)).to_have_attribute("value", str(12 * MB))
    expect(amount(uploading)).to_have_text("12.0 MB of 48.0 MB uploaded, 25 %")

    advance(message, 30 * MB)

    moved = "30.0 MB of 48.0 MB uploaded, 62 %"
    expect(amount(uploading)).to_have_text(moved, timeout=SOON)
    expect(bar(uploading)).to_have_js_property("value", 30 * MB)
    expect(uploading.locator("[data-pace]")).to_contain_text("MB/s, about")
    assert uploading.evaluate("window.kept")
    assert axe.faults(uploading) == []


def test_it_is_said_aloud_at_every_tenth_alone(uploading: Page, message: UUID) -> None:
    aloud = uploading.get_by_role("status")
    advance(message, 14 * MB)
    expect(bar(uploading)).to_have_js_property("value", 14 * MB, timeout=SOON)
    expect(aloud).to_be_empty()

    advance(message, 15 * MB)

    expect(aloud).to_have_text("30 % are uploaded.", timeout=SOON)


def test_when_it_is_sent_the_page_says_so_and_asks_no_more(
    uploading: Page, message: UUID
) -> None:
    asked: list[str] = []
    uploading.clock.install()
    with db.session() as session:
        claim = outbox.claim_of(session.get_one(MessageRow, message))
    backlog.settle(claim)

    expect(uploading.get_by_text("Microsoft accepted it")).to_be_visible(timeout=SOON)

    uploading.on("request", lambda request: asked.append(request.url))
    uploading.clock.run_for(LONG)
    assert bar(uploading).count() == 0
    assert asked == []


def test_without_script_the_page_loads_itself_anew(
    browser: Browser, portal: Portal, message: UUID
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = seated(context.new_page(), portal, script=False).page
    backlog.take()

    page.goto(f"{portal.url}/messages/{message}")

    refresh = page.locator("meta[http-equiv=refresh]")
    expect(refresh).to_have_attribute("content", f"5; url=/messages/{message}")
    context.close()


def test_what_somebody_else_decides_is_seen_at_once(
    page: Page, portal: Portal, message: UUID
) -> None:
    page.goto(f"{portal.url}/messages/{message}")
    expect(button(page, "Cancel")).to_be_visible()

    end(message, State.UNCONFIRMED, Event.UNCONFIRMED)

    expect(button(page, "It arrived")).to_be_visible(timeout=SOON)


def test_a_decision_is_one_press_and_is_told(
    page: Page, portal: Portal, message: UUID
) -> None:
    end(message, State.UNCONFIRMED, Event.UNCONFIRMED)
    page.goto(f"{portal.url}/messages")
    page.get_by_role("link", name="Report").click()

    button(page, "It arrived").click()

    expect(page.get_by_role("status")).to_have_text("It is settled as sent.")
    button(page, "Resend").click()
    expect(page.get_by_role("status")).to_contain_text("This is the new message")
    button(page, "Cancel").click()
    expect(page.get_by_role("status")).to_contain_text("It was cancelled")
    assert axe.faults(page) == []


def test_a_refusal_stays_a_page_that_can_be_looked_at(
    page: Page, portal: Portal, message: UUID
) -> None:
    page.goto(f"{portal.url}/messages/{message}")
    page.route("**/progress", lambda route: route.abort())
    backlog.take()

    button(page, "Cancel").click()

    expect(page.get_by_role("alert")).to_contain_text("It is being sent")
    assert axe.faults(page) == []
