"""The page of the log in a browser: new lines appear on top, and opened ones stay."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from portal import db
from portal.config import Config
from portal.mail import journal
from portal.mail.journal import Event, Line
from tests.browser.browser import opened
from tests.browser.journeys.people import seated
from tests.browser.journeys.world import Portal

SOON = 15_000  # milliseconds


def tell(reason: str) -> None:
    with db.session() as session:
        journal.write(session, Line(event=Event.FAILED, reason=reason))


@pytest.fixture
def page(browser: Browser, portal: Portal) -> Iterator[Page]:
    """See Ann signed in."""
    with opened(browser, "light") as window:
        yield seated(window.new_page(), portal).page


def test_new_lines_appear_on_top_and_an_open_one_stays_open(
    page: Page, portal: Portal, house: Config
) -> None:
    tell("The first.")
    page.goto(f"{portal.url}/log")
    page.locator("summary", has_text="The first.").click()

    tell("The second.")

    expect(page.locator("#lines > li").first).to_contain_text(
        "The second.", timeout=SOON
    )
    expect(page.locator("details[open]", has_text="The first.")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("1 new line.")


def test_the_switch_stops_it(page: Page, portal: Portal, house: Config) -> None:
    tell("The first.")
    page.clock.install()
    page.goto(f"{portal.url}/log")
    page.get_by_role("switch").uncheck()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.clock.run_for(60_000)

    assert asked == []
