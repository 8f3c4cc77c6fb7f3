"""The page of one message, and what may be decided there."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask

from portal import clock, db
from portal.errors import Answer
from portal.mail import lanes, outbox
from portal.mail.journal import Event, Line
from portal.mail.outbox import Entry, State, decisions, endings
from portal.workspace import accounts
from portal.workspace.people import keys
from tests.conftest import Passing
from tests.delivery.steps import work
from tests.mail import backlog
from tests.trip import ANN
from tests.web.browsing import BASE, JSON, Browser, heading, words
from tests.web.posting import end, offered, possible, press, put, shown

HOSTILE = "<script>alert(1)</script>\"'><img src=x>"
SEND_AS = "Add-RecipientPermission -Identity 'a@b.example'"


def test_the_page_tells_who_sends_what_to_whom(sender: Browser) -> None:
    message = put(
        cc="cleo@fabrikam.example", bcc="hidden@fabrikam.example", tags=["q3"]
    )

    page = sender.get(f"/messages/{message}")

    assert heading(page) == "Report"
    for told in (
        *(ANN, "jane@example.com", "cleo@fabrikam.example", "q3", str(message)),
        *("Queued", "It waits for its turn", "default", "UTC"),
    ):
        assert told in words(page)


def test_who_is_hidden_is_told_on_this_page_alone(sender: Browser) -> None:
    message = put(bcc="hidden@fabrikam.example")
    end(message, State.HELD, Event.HELD)
    with db.session() as session:
        key = keys.create(session, "app")
    backlog.change(message, key_id=by_key(key))

    api = sender.client.get(
        f"/api/v1/messages/{message}",
        base_url=BASE,
        headers={"Authorization": f"Bearer {key}"},
    )

    assert "hidden@fabrikam.example" in shown(sender, message)
    assert api.status_code == 200
    for elsewhere in (api, sender.get("/messages"), sender.get("/settings")):
        assert "hidden@fabrikam.example" not in elsewhere.text


def by_key(secret: str) -> UUID:
    with db.reading() as session:
        return keys.check(session, secret).id


def test_many_recipients_are_folded_and_counted(sender: Browser) -> None:
    message = put(to=[f"reader{number}@example.com" for number in range(40)])

    page = sender.get(f"/messages/{message}")

    assert "40 addresses" in words(page)
    assert "reader39@example.com" in page.text
    assert page.text.index("<details") < page.text.index("reader39@example.com")


@pytest.mark.parametrize(
    ("state", "event", "told", "buttons"),
    [
        (State.SENT, Event.SENT, "Microsoft accepted it", {"Resend"}),
        (State.HELD, Event.HELD, "It is held until somebody acts", {"Retry", "Cancel"}),
        (State.FAILED, Event.FAILED, "It was not sent", {"Retry", "Resend"}),
        (
            State.UNCONFIRMED,
            Event.UNCONFIRMED,
            "It may have been sent. Please decide",
            {"It arrived", "Resend"},
        ),
    ],
)
def test_a_state_is_explained_and_offers_what_may_be_decided(
    sender: Browser,
    message: UUID,
    state: State,
    event: Event,
    told: str,
    buttons: set[str],
) -> None:
    end(message, state, event)

    assert told in shown(sender, message)
    assert "So it is." in shown(sender, message)
    assert offered(sender, message) == buttons


def test_what_waits_may_be_hastened_or_cancelled(
    sender: Browser, message: UUID
) -> None:
    assert offered(sender, message) == {"Retry", "Cancel"}


def test_what_is_under_way_offers_nothing(sender: Browser, message: UUID) -> None:
    backlog.take()

    assert "It is on its way to Microsoft" in shown(sender, message)
    assert offered(sender, message) == set()


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"kept": False},
        {"resent_as": UUID(int=1)},
        {"expires_at": clock.now() - timedelta(minutes=1)},
        {"draft_begun": True, "due_at": clock.now() + timedelta(hours=1)},
        {"draft_begun": True, "due_at": clock.now() - timedelta(hours=1)},
    ],
)
def test_a_button_is_there_if_and_only_if_it_is_not_refused(
    sender: Browser, message: UUID, kept: dict[str, object]
) -> None:
    for state in State:
        backlog.change(message, **{"due_at": None} | kept, state=state)

        assert offered(sender, message) == possible(message), state


def test_sent_is_never_called_delivered_and_says_what_it_means(
    sender: Browser, message: UUID
) -> None:
    work()

    page = shown(sender, message)

    assert "“Sent” means accepted." in page
    assert "a mail comes back to admin@contoso.example." in page
    assert "deliver" not in page.lower()


def test_every_line_of_the_journal_is_told_with_all_it_knows(
    sender: Browser, message: UUID
) -> None:
    (claim,) = backlog.take()
    answer = Answer(status=503, code="busy", text="Not now.", request_id="3c8f-0e52")
    line = Line(
        event=Event.DEFERRED,
        reason="Microsoft asks for a pause.",
        answer=answer,
        took=timedelta(milliseconds=420),
        again_at=clock.now() + timedelta(hours=1),
    )
    with db.session() as session:
        endings.postpone(session, claim, line)

    page = shown(sender, message)

    for told in (
        *("Attempt 1: Postponed", "503 · busy", "Not now.", "request-id 3c8f-0e52"),
        *("Took 0.42 s.", "Next attempt:", "It is tried again"),
    ):
        assert told in page
    assert page.index("Accepted ") < page.index("Under way") < page.index("Postponed")


def test_what_is_held_behind_its_account_names_the_command(
    sender: Browser, message: UUID
) -> None:
    with db.session() as session:
        account = accounts.find(session).id
        lanes.hold(
            session,
            account,
            lanes.Hold(reason="No right to send as it.", command=SEND_AS),
        )

    page = sender.get(f"/messages/{message}")

    assert "Its account is held until somebody acts" in words(page)
    assert "No right to send as it." in words(page)
    assert "Command:" not in words(page)
    assert 'data-copy="remedy"' in page.text
    assert "-Identity" in page.text


def test_nothing_that_others_wrote_becomes_markup(sender: Browser) -> None:
    entry = Entry(
        id=db.new_id(),
        account_id=backlog.account(),
        key_id=None,
        sender=f"{HOSTILE}@contoso.example",
        to=(f"{HOSTILE}@a.example",),
        cc=(f"{HOSTILE}@b.example",),
        bcc=(f"{HOSTILE}@c.example",),
        subject=HOSTILE,
        size=1,
        internet_message_id=f"<{HOSTILE}@d.example>",
        tags=(HOSTILE,),
    )
    with db.session() as session:
        outbox.put(session, entry)
    said = Answer(code=HOSTILE, text=HOSTILE, request_id=HOSTILE)
    end(entry.id, State.HELD, Event.HELD, reason=HOSTILE, answer=said)

    for address in (f"/messages/{entry.id}", "/messages"):
        page = sender.get(address).text
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_a_message_without_a_subject_has_a_heading(sender: Browser) -> None:
    message = put(subject="")

    assert heading(sender.get(f"/messages/{message}")) == "(no subject)"


def test_retry_sends_it_on_and_names_who_decided(
    sender: Browser, message: UUID
) -> None:
    end(message, State.HELD, Event.HELD)

    there = press(sender, message, "retry")

    assert there == f"/messages/{message}"
    page = words(sender.get(there))
    assert "It goes out before the others that wait." in page
    assert f"{ANN} sent it on." in page
    assert backlog.state(message) == State.QUEUED


def test_retry_behind_a_held_account_says_that_it_is_tried(
    sender: Browser, message: UUID
) -> None:
    backlog.hold(backlog.account())

    page = words(sender.get(press(sender, message, "retry")))

    assert "Its account is held, and is tried at once." in page


def test_cancel_ends_it_for_good(sender: Browser, message: UUID) -> None:
    page = words(sender.get(press(sender, message, "cancellation")))

    assert "It was cancelled and will not be sent." in page
    assert f"{ANN} cancelled it." in page
    assert backlog.state(message) == State.CANCELLED


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


def test_it_arrived_settles_what_nobody_could_find_out(
    sender: Browser, message: UUID
) -> None:
    end(message, State.UNCONFIRMED, Event.UNCONFIRMED)

    page = words(sender.get(press(sender, message, "arrival")))

    assert "It is settled as sent." in page
    assert f"{ANN} says that it arrived." in page
    assert backlog.state(message) == State.SENT


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


def test_the_whole_page_speaks_portuguese(sender: Browser, message: UUID) -> None:
    page = words(sender.get(f"/messages/{message}", **{"Accept-Language": "pt-BR"}))

    assert "Espera a sua vez" in page
    assert "O que aconteceu" in page
    assert "Aceita" in page
