"""What may be decided on the page of one message, and what is refused there."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask

from portal import clock, db
from portal.mail.journal import Event
from portal.mail.outbox import State, decisions
from tests.conftest import Passing
from tests.mail import backlog
from tests.trip import ANN
from tests.web.browsing import BASE, JSON, Browser, heading, words
from tests.web.posting import end, offered, press, shown


@pytest.mark.parametrize(
    ("before", "act", "told", "noted", "after"),
    [
        (
            State.HELD,
            "retry",
            "It goes out before the others that wait.",
            f"{ANN} sent it on.",
            State.QUEUED,
        ),
        (
            State.HELD,
            "cancellation",
            "It was cancelled and will not be sent.",
            f"{ANN} cancelled it.",
            State.CANCELLED,
        ),
        (
            State.UNCONFIRMED,
            "arrival",
            "It is settled as sent.",
            f"{ANN} says that it arrived.",
            State.SENT,
        ),
    ],
)
def test_what_is_decided_is_done_and_names_who_decided(
    sender: Browser,
    message: UUID,
    before: State,
    act: str,
    told: str,
    noted: str,
    after: State,
) -> None:
    end(message, before, Event(before.value))

    there = press(sender, message, act)

    page = words(sender.get(there))
    assert there == f"/messages/{message}"
    assert told in page
    assert noted in page
    assert backlog.state(message) == after


def test_retry_behind_a_held_account_says_that_it_is_tried(
    sender: Browser, message: UUID
) -> None:
    backlog.hold(backlog.account())

    page = words(sender.get(press(sender, message, "retry")))

    assert "Its account is held, and is tried at once." in page


def test_cancel_says_if_it_may_have_been_sent_before(
    sender: Browser, message: UUID
) -> None:
    end(message, State.HELD, Event.HELD)
    backlog.change(message, draft_id="draft", draft_begun=True)

    page = words(sender.get(press(sender, message, "cancellation")))

    assert "It will not be sent any more, but may have been sent before." in page
    assert backlog.state(message) == State.UNCONFIRMED


def test_a_draft_that_may_be_leaving_just_now_cannot_be_cancelled(
    sender: Browser, message: UUID
) -> None:
    soon = clock.now() + timedelta(seconds=30)
    backlog.change(message, draft_id="draft", draft_begun=True, due_at=soon)

    assert offered(sender, message) == {"Retry"}


def test_resend_shows_the_copy_and_each_leads_to_the_other(
    sender: Browser, message: UUID
) -> None:
    end(message, State.FAILED, Event.FAILED)

    there = press(sender, message, "resend")
    copy = UUID(there.rpartition("/")[2])

    assert copy != message
    page = sender.get(there)
    assert "This is the new message" in words(page)
    assert f'href="/messages/{message}"' in page.text
    assert f'href="{there}"' in sender.get(f"/messages/{message}").text
    assert backlog.state(copy) == State.QUEUED
    assert offered(sender, message) == set()


def test_pressed_twice_resend_sends_one_copy_and_says_so(
    sender: Browser, message: UUID
) -> None:
    end(message, State.FAILED, Event.FAILED)
    here = f"/messages/{message}"
    press(sender, message, "resend")

    again = sender.post(f"{here}/resend", form_at=here)

    assert again.status_code == 409
    assert "It was sent again already" in words(again)


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        ("retry", "It was sent."),
        ("cancellation", "It was sent."),
        ("arrival", "It was sent."),
    ],
)
def test_what_would_not_be_true_is_refused_in_a_sentence(
    sender: Browser, message: UUID, act: str, sentence: str
) -> None:
    here = f"/messages/{message}"
    end(message, State.SENT, Event.SENT)

    answer = sender.post(f"{here}/{act}", form_at=here)

    assert answer.status_code == 409
    assert "Nothing was changed" in words(answer)
    assert sentence in words(answer)
    assert heading(answer) == "Report"
    assert 'http-equiv="refresh"' not in answer.text


def test_a_refusal_is_told_in_the_language_of_the_page(
    sender: Browser, message: UUID
) -> None:
    here = f"/messages/{message}"

    answer = sender.post(
        f"{here}/arrival", {}, form_at=here, **{"Accept-Language": "pt"}
    )

    assert answer.status_code == 409
    assert "Espera para ser enviada." in words(answer)
    assert "It waits" not in words(answer)


def test_what_was_erased_says_why_it_cannot_be_sent_again(
    sender: Browser, message: UUID
) -> None:
    end(message, State.FAILED, Event.FAILED)
    backlog.change(message, kept=False)

    assert "Its content was erased" in shown(sender, message)
    assert offered(sender, message) == set()


def test_what_is_out_of_time_is_not_retried(
    sender: Browser, message: UUID, passes: Passing
) -> None:
    end(message, State.FAILED, Event.FAILED)
    backlog.change(message, expires_at=clock.now() + timedelta(minutes=1))
    passes(minutes=2)

    assert offered(sender, message) == {"Resend"}


@pytest.mark.parametrize("act", ["", "/progress"])
def test_of_an_unknown_message_nothing_is_told(sender: Browser, act: str) -> None:
    assert sender.get(f"/messages/{uuid4()}{act}").status_code == 404


@pytest.mark.parametrize("act", ["retry", "cancellation", "resend", "arrival"])
def test_about_an_unknown_message_nothing_is_decided(sender: Browser, act: str) -> None:
    assert sender.post(f"/messages/{uuid4()}/{act}").status_code == 404


@pytest.mark.parametrize("act", ["retry", "cancellation", "resend", "arrival"])
def test_without_the_token_of_a_form_nothing_is_decided(
    sender: Browser, message: UUID, act: str
) -> None:
    answer = sender.client.post(f"/messages/{message}/{act}", base_url=BASE)

    assert answer.status_code == 400
    assert backlog.state(message) == State.QUEUED


@pytest.mark.parametrize("act", ["retry", "cancellation", "resend", "arrival"])
def test_nothing_is_decided_by_looking(
    sender: Browser, message: UUID, act: str
) -> None:
    assert sender.get(f"/messages/{message}/{act}").status_code == 405


def test_whoever_is_not_signed_in_is_led_to_sign_in(
    portal: Flask, sender: Browser, anybody: Browser, message: UUID
) -> None:
    answer = anybody.get(f"/messages/{message}")
    asked = anybody.get(f"/messages/{message}/progress", Accept=JSON)

    there = answer.headers["Location"]
    assert there == f"/sign-in?next=/messages/{message}"
    assert asked.status_code == 401


def test_a_decision_somebody_else_took_meanwhile_is_refused(
    sender: Browser, message: UUID
) -> None:
    here = f"/messages/{message}"
    with db.session() as session:
        decisions.cancel(session, message, "Ben")

    answer = sender.post(f"{here}/cancellation", form_at=here)

    assert answer.status_code == 409
    assert "Ben cancelled it." in words(answer)
