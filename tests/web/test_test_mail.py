"""Send test email: the form, the message, and a verdict that returns into the page."""

from collections.abc import Callable
from uuid import UUID

import pytest

from portal import db
from portal.accept import Caller
from portal.delivery.backoff import LONGEST_PAUSE
from portal.explanations.graph import SPREADING
from portal.intake import desk
from portal.mail import lanes
from portal.mail.message import Message
from portal.mail.outbox import decisions, expiry
from portal.workspace import accounts, connections
from tests import stored
from tests.conftest import Passing
from tests.delivery.steps import work
from tests.trip import ANN
from tests.web.browsing import Browser, value, words

NOREPLY = "noreply@contoso.example"
REPORTS = "reports@contoso.example"
TEST = {"to": "jane@example.com", "subject": "Ünder test", "text": "Does it fly?"}


def send(browser: Browser, **changed: str) -> str:
    """Send a test mail; return the address that tells what became of it."""
    answer = browser.post("/settings/test", TEST | changed)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def test_the_form_is_filled_in_with_the_admins_own_address(sender: Browser) -> None:
    page = sender.get("/settings/test")

    assert value(page, "to") == ANN
    assert "Your own address" in words(page)
    assert value(page, "subject") == "TEST MESSAGE!"
    assert "ATTENTION: THIS IS A TEST MESSAGE!" in page.text


def test_it_is_on_its_way_then_sent_and_the_page_says_how(sender: Browser) -> None:
    there = send(sender)
    before = sender.get(there)

    work()

    page = sender.get(there)
    (mail,) = sender.sandbox.mails("Ünder test")
    assert "on its way" in words(before)
    assert 'http-equiv="refresh"' in before.text
    assert "A test e-mail was sent to jane@example.com" in words(page)
    assert " s. Please check your inbox." in words(page)
    assert "request-id" in page.text
    assert 'http-equiv="refresh"' not in page.text
    assert "Does it fly?" in str(mail)


def test_without_send_as_it_says_what_is_missing_and_who_grants_it(
    ann: Browser,
) -> None:
    ann.enable(NOREPLY, "alex@contoso.example")
    ann.confirm()
    there = send(ann)

    work()

    page = ann.get(there)
    assert "Settings are correct! No Send As right" in words(page)
    assert "Add-RecipientPermission" in words(page)
    assert "ErrorSendAsDenied" in page.text
    assert "What Microsoft said" in words(page)


def test_right_after_enable_it_waits_until_microsoft_knows_the_permission(
    ann: Browser, passes: Passing
) -> None:
    ann.sandbox.fault("permission-lag")
    ann.enable(ANN)
    there = send(ann)
    work()
    waits = ann.get(there)
    ann.sandbox.clear()

    passes(seconds=LONGEST_PAUSE.total_seconds())
    work()

    assert "The test e-mail is on its way" in words(waits)
    assert SPREADING.filled(issuer="Microsoft").why in words(waits)
    assert "A test e-mail was sent to jane@example.com" in words(ann.get(there))


def test_a_held_account_is_tried_at_once(ann: Browser) -> None:
    ann.enable(NOREPLY, "alex@contoso.example")
    ann.confirm()
    send(ann)
    work()
    ann.sandbox.fault("send-as-given", times=None, user="alex@contoso.example")

    there = send(ann, subject="once more")
    waits = ann.get(there)
    work()

    assert "on its way" in words(waits)
    assert "A test e-mail was sent" in words(ann.get(there))


def test_each_test_of_a_held_account_gets_a_verdict_of_its_own(ann: Browser) -> None:
    ann.enable(NOREPLY, "alex@contoso.example")
    ann.confirm()

    for subject in ("one", "two", "three"):
        there = send(ann, subject=subject)
        work()

        assert "Failed to send the test e-mail" in words(ann.get(there))


@pytest.mark.parametrize(
    ("decision", "told"),
    [
        (decisions.retry, "The test e-mail is on its way"),
        (decisions.cancel, "Settings are correct! it was cancelled"),
    ],
)
def test_what_somebody_decided_meanwhile_is_told(
    ann: Browser, decision: Callable[[db.Session, UUID, str], None], told: str
) -> None:
    ann.enable(NOREPLY, "alex@contoso.example")
    ann.confirm()
    there = send(ann)
    work()

    with db.session() as session:
        decision(session, UUID(there.rpartition("/")[2]), "Ben")

    _settings, _, verdict = ann.get(there).text.partition("<dialog")
    assert told in words(ann.get(there))
    assert "ErrorSendAsDenied" not in verdict


def test_trying_again_keeps_what_was_typed(sender: Browser) -> None:
    there = send(sender)
    message_id = there.rpartition("/")[2]

    page = sender.get(f"/settings/test?again={message_id}")

    assert value(page, "to") == "jane@example.com"
    assert "Your own address" not in words(page)
    assert value(page, "subject") == "Ünder test"
    assert "Does it fly?" in page.text


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("to", "", "Type an address to send to."),
        ("to", "nobody", "This is not an e-mail address."),
        ("to", "a@x.example,b@x.example", "This is not an e-mail address."),
        ("subject", "s" * 256, "no more than 255"),
        ("text", "t" * 10_001, "no more than 10,000"),
        ("text", "t\0", "Please leave out what cannot be shown."),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_sent(
    sender: Browser, field: str, typed: str, sentence: str
) -> None:
    answer = sender.post("/settings/test", TEST | {field: typed})

    assert answer.status_code == 422
    assert sentence in words(answer)
    assert stored.rows("message") == 0


def test_without_a_connection_it_says_why_nothing_can_be_sent(ann: Browser) -> None:
    page = ann.get("/settings/test")
    answer = ann.post("/settings/test", TEST)

    assert "No mailbox is connected yet" in words(page)
    assert answer.status_code == 422
    assert stored.rows("message") == 0


def test_when_nobody_signed_in_the_mailbox_it_says_so(sender: Browser) -> None:
    with db.session() as session:
        account = accounts.find(session)
        lanes.close(session, account.id, "Microsoft no longer grants access.")
        connections.retire(session, account.id)

    assert "Sign in again first." in words(sender.get("/settings/test"))


def test_what_another_sent_is_not_told_here(sender: Browser) -> None:
    brought = Message(to="jane@example.com", subject="Report", text="All is well.")
    receipt = desk.take(brought, Caller(name="test"))

    assert sender.get(f"/settings/test/{receipt.id}").status_code == 404


def test_what_could_not_be_sent_in_ten_minutes_is_given_up(
    sender: Browser, passes: Passing
) -> None:
    there = send(sender)
    passes(minutes=11)
    with db.session() as session:
        expiry.expire(session)

    page = sender.get(there)

    assert "Its time was over before it could be sent" in words(page)
    assert "Try again" in words(page)
