"""Held for a permission: what it is, how it is asked for, and that mail then goes."""

from uuid import UUID

from portal.mail.outbox import State
from tests.mail import backlog
from tests.trip import ANN
from tests.web.browsing import Browser, value, words
from tests.web.posting import needy, shown


def test_what_needs_a_permission_says_which_and_asks_for_it(
    sender: Browser, message: UUID
) -> None:
    needy(message)
    page = sender.get(f"/messages/{message}")

    assert "It needs large file attachments" in words(page)
    assert "Mail.ReadWrite" in words(page)
    assert "Enable large file attachments" in words(page)
    form = {name: value(page, name) for name in ("sender", "large", "version")}
    answer = sender.post("/settings", form, form_at=f"/messages/{message}")

    there = sender.get(answer.headers["Location"])
    assert "with large file attachments" in words(there)
    assert "Continue to Microsoft" in words(there)
    assert "Already asked for" in shown(sender, message)


def test_once_the_permission_is_given_it_goes_by_itself(
    sender: Browser, message: UUID
) -> None:
    needy(message)

    sender.enable(ANN, large=True)

    assert backlog.state(message) == State.QUEUED
    assert f"{ANN} enabled large file attachments." in shown(sender, message)


def test_without_a_from_address_the_permission_is_asked_for_in_settings(
    sender: Browser, message: UUID
) -> None:
    needy(message)
    sender.post("/settings/reset")

    page = sender.get(f"/messages/{message}")

    assert "Enable large file attachments" not in words(page)
    assert "Open Tenant Settings" in words(page)


def test_the_settings_page_counts_what_is_held_for_the_switch(
    sender: Browser, message: UUID
) -> None:
    before = words(sender.get("/settings"))
    needy(message)

    page = words(sender.get("/settings"))

    assert "held for it" not in before
    assert "1 message is held for it and goes out by itself once it is enabled." in page
    assert 'href="/messages"' in sender.get("/settings").text


def test_a_test_mail_leads_to_its_page(sender: Browser) -> None:
    typed = {"to": ANN, "subject": "a", "text": "b"}
    there = sender.post("/settings/test", typed).headers["Location"]
    message = there.rpartition("/")[2]

    assert f'href="/messages/{message}"' in sender.get(there).text
