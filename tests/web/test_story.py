"""What happened to a message, in words."""

from dataclasses import replace

import pytest
from flask import Flask

from portal.mail.journal import Event
from portal.web.messages import story
from tests.web.mails import DIVERTED, last

SAID = {
    "en": (
        "Attempt 1: Passed on to another account",
        "It leaves by the account relay, because default cannot send it now.",
    ),
    "pt-BR": (
        "Tentativa 1: Passada a outra conta",
        "Sai pela conta relay, porque default não pode enviá-la agora.",
    ),
}


@pytest.mark.parametrize("tongue", SAID)
def test_it_tells_by_which_account_a_message_leaves_and_why(tongue: str) -> None:
    line = last(Event.DIVERTED, DIVERTED)

    with Flask(__name__).test_request_context(headers={"Accept-Language": tongue}):
        told = story.tell(line)

    assert told is not None
    title, reason = SAID[tongue]
    assert told.title == title
    assert told.reason.startswith(f"{reason} ")
    assert told.command.startswith("Add-RecipientPermission")


def test_what_was_passed_on_untried_names_no_attempt() -> None:
    told = story.tell(replace(last(Event.DIVERTED, DIVERTED), attempt=0))

    assert told is not None
    assert told.title == "Passed on to another account"
