"""The page of one message: who receives it, how it stands, and all that happened."""

from datetime import timedelta
from uuid import UUID

import pytest

from portal import clock, db
from portal.errors import Answer
from portal.explanations.graph import BUSY
from portal.explanations.network import UNRESOLVED
from portal.mail import lanes, outbox
from portal.mail.journal import Event, Line
from portal.mail.outbox import Entry, State, endings
from portal.workspace import accounts
from portal.workspace.people import keys
from tests.conftest import Passing
from tests.delivery.steps import work
from tests.mail import backlog
from tests.trip import ANN
from tests.web.browsing import BASE, Browser, heading, words
from tests.web.posting import end, offered, possible, put, shown

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
        reason=BUSY.sentence,
        cause=BUSY.name,
        answer=answer,
        took=timedelta(milliseconds=420),
        again_at=clock.now() + timedelta(hours=1),
    )
    with db.session() as session:
        endings.postpone(session, claim, line)

    page = shown(sender, message)

    for told in (
        *("Attempt 1: Postponed", BUSY.why, "Who must act nobody"),
        *("Decision Postponed", "Status 503", "Code busy", "Request-id 3c8f-0e52"),
        *("Not now.", "It goes again by itself."),
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


def test_the_whole_page_speaks_portuguese(sender: Browser, message: UUID) -> None:
    page = words(sender.get(f"/messages/{message}", **{"Accept-Language": "pt-BR"}))

    assert "Espera a sua vez" in page
    assert "O que aconteceu" in page
    assert "Aceita" in page


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Its time was over before it could be sent. Here is what kept it back."),
        ("pt-BR", "O prazo acabou antes do envio. Veja o que a reteve."),
    ],
)
def test_out_of_time_never_hides_what_kept_it_back(
    sender: Browser, passes: Passing, language: str, told: str
) -> None:
    passes()
    message = put(expires_at=clock.now() + timedelta(minutes=5))
    backlog.change(message, reason=UNRESOLVED.why.format(host="mail.example"))
    passes(minutes=5)
    backlog.expire()

    for page in ("/messages", f"/messages/{message}"):
        said = words(sender.get(page, **{"Accept-Language": language}))
        assert told in said
        assert "mail.example" in said.partition(told)[2]
