"""What happened to a message, in words."""

from dataclasses import replace

import pytest
from flask import Flask

from portal.errors import Answer
from portal.mail.journal import Event
from portal.mail.outbox import State
from portal.web import language
from portal.web.messages import story
from portal.workspace.accounts.servers import Server
from tests.delivery.smtp.posting import NAME, add
from tests.web.browsing import Browser
from tests.web.mails import DIVERTED, last
from tests.web.posting import end, put, shown

SAID = {
    "en": (
        "Attempt 1: Passed on to another account",
        "It was passed on to the account relay, because default could not send it.",
    ),
    "pt-BR": (
        "Tentativa 1: Passada a outra conta",
        "Foi repassada à conta relay, porque default não podia enviá-la.",
    ),
}


@pytest.mark.parametrize("tongue", SAID)
def test_it_tells_by_which_account_a_message_leaves_and_why(tongue: str) -> None:
    line = last(Event.DIVERTED, DIVERTED)

    with Flask(__name__).test_request_context(headers={"Accept-Language": tongue}):
        told = story.tell(line)
        assert told is not None
        said = language.said(told.explained.why)

    title, reason = SAID[tongue]
    assert told.title == title
    assert said.startswith(f"{reason} ")
    assert told.explained.command.startswith("Add-RecipientPermission")


def test_what_was_passed_on_untried_names_no_attempt() -> None:
    told = story.tell(replace(last(Event.DIVERTED, DIVERTED), attempt=0))

    assert told is not None
    assert told.title == "Passed on to another account"


@pytest.mark.parametrize(
    ("state", "event", "told"),
    [
        (State.SENT, Event.SENT, "The server accepted it"),
        (State.UNCONFIRMED, Event.UNCONFIRMED, "whether the server took it"),
    ],
)
def test_what_left_by_a_server_is_not_said_to_be_microsofts(
    ann: Browser, state: State, event: Event, told: str
) -> None:
    add(Server(host="smtp.gmail.com", port=587))
    message = put(account=NAME)
    end(message, state, event, answer=Answer(status=250, text="OK - gsmtp"))

    page = shown(ann, message)

    assert told in page
    assert "What the server said" in page
    assert "Microsoft accepted" not in page
