"""Strange servers: what they say does no harm, and how long they take has an end."""

from datetime import timedelta

import pytest

from portal.config import Config
from portal.delivery.worker import Worker
from portal.errors import Answer
from portal.mail.journal import Event
from portal.mail.outbox import State
from portal.submission.client import MOST_LINES, Reply
from tests.delivery.smtp.obeying import SILENCE, Obeying, obeying
from tests.delivery.smtp.posting import (
    JANE,
    JOE,
    add,
    lane,
    last,
    parts,
    put,
    send,
    transport,
    work,
)
from tests.delivery.steps import events, later, record

MANY = "\r\n".join(["250-more"] * MOST_LINES + ["250 well"])
LONG = "250 " + "x" * 70_000


def test_no_reply_has_control_characters_or_what_is_no_unicode() -> None:
    said = b"5.7.1 no\0 \x1b[31m \xff \xc2\x85 \xe2\x80\xa8 \xed\xb3\xbf \xe2\x80\xae\n"

    reply = Reply.heard(550, said)

    assert all(character.isprintable() or character == "�" for character in reply.text)
    assert reply.text.encode()
    assert reply.answer.text.startswith("no [31m �")


def test_a_secret_with_a_control_character_is_still_not_told() -> None:
    reply = Reply.heard(535, b"you said open\x07sesame").without("open\x07sesame")

    assert reply.answer == Answer(status=535, code="", text="you said …")


@pytest.mark.parametrize("where", [f"RCPT {JOE}", "CONTENT"])
@pytest.mark.parametrize("said", ["550 no\0", "450 \0later", "250 queued\0 as 1"])
def test_a_nul_in_a_reply_sends_nothing_twice(
    postgres_house: Config, monkeypatch: pytest.MonkeyPatch, where: str, said: str
) -> None:
    later(monkeypatch, timedelta())  # what is deferred is not due meanwhile
    with obeying() as mail:
        mail.replies[where] = [said]
        message = send(mail.server(), to=[JANE, JOE])
        work()

    assert Event.DOUBTED not in events(message)
    assert len(mail.mails) == 1
    assert "\0" not in last(message).reason


@pytest.mark.parametrize("reply", [MANY, LONG])
@pytest.mark.parametrize("verb", ["GREETING", "EHLO", "MAIL", "DATA"])
def test_a_reply_that_does_not_end_sends_nothing(
    mail: Obeying, verb: str, reply: str
) -> None:
    mail.replies[verb] = [reply.replace("250", "220") if verb == "GREETING" else reply]

    message = send(mail.server())

    assert record(message).state == State.QUEUED
    assert Event.DOUBTED not in events(message)
    assert mail.mails == []


@pytest.mark.parametrize("reply", [MANY, LONG])
def test_after_the_dot_it_leaves_a_doubt(mail: Obeying, reply: str) -> None:
    mail.replies["CONTENT"] = [reply]

    message = send(mail.server())

    assert events(message)[-1] == Event.DOUBTED


def test_a_reply_of_many_lines_is_read_whole(mail: Obeying) -> None:
    mail.offers = (*("X-" + "y" * 80,) * 400, "SIZE 10")

    message = send(mail.server())

    assert "no more than 10" in record(message).reason


@pytest.mark.parametrize("said", ["552 too many", "552 5.5.3 too many recipients"])
def test_552_says_of_a_recipient_that_there_are_too_many(
    mail: Obeying, said: str
) -> None:
    mail.replies[f"RCPT {JOE}"] = [said]

    message = send(mail.server(), to=[JANE, JOE])

    [part] = parts(message)
    assert (part.state, part.to) == (State.QUEUED, [JOE])
    assert record(message).state == State.SENT


def test_a_server_that_is_too_slow_with_recipients_is_left_alone(
    mail: Obeying,
) -> None:
    mail.replies[f"RCPT {JOE}"] = [SILENCE]
    add(mail.server())
    message = put(to=[JANE, JOE])

    with transport(envelope=-9.9) as smtp:  # seconds, and five for each of the two
        Worker({"smtp": smtp}).work_once()

    assert record(message).state == State.QUEUED
    assert "too slow" in record(message).reason
    assert lane().paused_until is not None


def test_or_with_the_content(mail: Obeying) -> None:
    add(mail.server())
    message = put(text="x" * 100_000)

    with transport(body=-60) as smtp:  # more than the ten that its bytes have
        Worker({"smtp": smtp}).work_once()

    assert record(message).state == State.QUEUED
    assert "too slow" in record(message).reason
    assert lane().paused_until is not None
    assert mail.mails == []
