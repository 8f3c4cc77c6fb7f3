"""What browsers do to the way to Microsoft: blocked and closed windows, tabs, back."""

from playwright.sync_api import expect
from sqlalchemy import func, select

from portal import db
from portal.workspace.consent.changes import ChangeRow
from tests.browser.journeys.people import (
    REPORTS,
    Admin,
    accept_as,
    choose,
    shut,
    told,
)
from tests.browser.journeys.world import Portal
from tests.trip import ANN


def asked() -> int:
    """Count what was asked for so far."""
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(ChangeRow)) or 0


def test_the_window_closes_itself_when_its_part_is_done(ann: Admin) -> None:
    ann.sender.fill(ANN)
    microsoft = ann.ask("Enable")
    accept_as(microsoft, ANN)

    with microsoft.expect_event("close"):
        choose(microsoft, ANN)

    ann.completed()


def test_where_windows_are_blocked_the_page_goes_itself(ann: Admin) -> None:
    ann.page.evaluate("window.open = () => null")
    ann.sender.fill(ANN)

    ann.button("Enable").click()
    accept_as(ann.page, ANN)
    choose(ann.page, ANN)

    ann.completed()
    assert len(ann.page.context.pages) == 1


def test_a_window_that_is_closed_half_way_can_be_opened_again(ann: Admin) -> None:
    ann.sender.fill(ANN)
    microsoft = ann.ask("Enable")
    expect(microsoft.get_by_role("heading", name="Sign in")).to_be_visible()
    shut(microsoft)
    told(ann.page, "One change waits for Microsoft’s consent")

    second = ann.go_on()
    accept_as(second, ANN)
    expect(second.get_by_role("heading", name="Sign in")).to_be_visible()
    shut(second)
    told(ann.page, "Your administrator has approved. Now the mailbox signs in")
    choose(ann.go_on(), ANN)

    ann.completed()


def test_who_cancels_may_try_again(either_ann: Admin) -> None:
    either_ann.sender.fill(ANN)
    microsoft = either_ann.ask("Enable")
    choose(microsoft, ANN)
    microsoft.get_by_role("button", name="Cancel", exact=True).click()
    told(microsoft, "Nothing has changed")

    microsoft.get_by_role("link", name="Try again").click()
    accept_as(microsoft, ANN)
    choose(microsoft, ANN)

    either_ann.completed()


def test_the_second_of_two_tabs_is_told_who_was_faster(
    ann: Admin, portal: Portal
) -> None:
    late = Admin(ann.page.context.new_page(), portal)
    late.open()
    ann.enable(ANN)
    ann.completed()

    late.sender.fill(REPORTS)
    late.button("Enable").click()

    expect(late.page.get_by_role("alert")).to_contain_text(ANN)
    late.open()
    expect(late.sender).to_have_value(ANN)
    assert asked() == 1


def test_two_tabs_show_the_same_change(ann: Admin, portal: Portal) -> None:
    other = Admin(ann.page.context.new_page(), portal)
    ann.sender.fill(ANN)
    ann.ask("Enable", "One change waits for Microsoft’s consent")
    other.open()
    told(other.page, "One change waits for Microsoft’s consent")

    microsoft = other.go_on()
    accept_as(microsoft, ANN)
    choose(microsoft, ANN)

    ann.completed()
    other.completed()


def test_who_presses_enable_twice_has_asked_once(either_ann: Admin) -> None:
    either_ann.sender.fill(ANN)

    either_ann.button("Enable").dblclick()

    told(either_ann.page, "One change waits for Microsoft’s consent")
    assert asked() == 1


def test_back_after_success_shows_what_is_in_force(either_ann: Admin) -> None:
    page, begun = either_ann.page, either_ann.page.evaluate("history.length")
    if either_ann.script:
        page.evaluate("window.open = () => null")
    either_ann.sender.fill(ANN)
    either_ann.button("Enable").click()
    if not either_ann.script:
        page.get_by_role("link", name="Continue to Microsoft").click()
    accept_as(page, ANN)
    choose(page, ANN)
    either_ann.completed()

    page.evaluate("begun => history.go(begun - history.length)", begun)

    page.wait_for_url("**/settings")
    expect(either_ann.button("Save")).to_be_visible()
    expect(either_ann.sender).to_have_value(ANN)
