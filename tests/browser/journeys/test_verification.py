"""Verify setup: pressed on the settings page, read step by step, a mail at the end."""

from playwright.sync_api import expect

from tests.browser.journeys.people import Admin

JANE = "jane@example.com"


def test_the_steps_are_read_and_a_test_mail_ends_them(either_settled: Admin) -> None:
    ann = either_settled
    ann.button("Verify setup").click()
    steps = ann.page.get_by_role("list").filter(has_text="Credential accepted")
    expect(ann.page.get_by_role("heading", level=1)).to_contain_text("Verify setup")
    expect(steps.get_by_role("listitem")).to_have_count(8)
    expect(steps).to_contain_text("Microsoft accepts the client secret.")

    ann.page.get_by_role("textbox", name="Send a test mail to").fill(JANE)
    ann.button("Verify setup").click()

    expect(steps).to_contain_text(f"to {JANE}.")
    expect(ann.page.get_by_role("status")).to_contain_text("No step has failed")
    assert len(ann.portal.sandbox.mails("TEST MESSAGE!")) == 1


def test_what_fails_leads_to_where_it_is_mended(settled: Admin) -> None:
    settled.portal.sandbox.fault("secret-expired", times=None)

    settled.button("Verify setup").click()

    alert = settled.page.get_by_role("alert")
    expect(alert).to_contain_text("A step has failed")
    steps = settled.page.get_by_role("region", name="Step by step")
    steps.get_by_role("link", name="App registration").click()
    expect(settled.page.get_by_role("heading", level=1)).to_contain_text("App")
