"""Out by SMTP: what a server gets, and what each of its answers becomes."""

import pytest

from portal.delivery.worker import Worker
from portal.mail.journal import Event
from portal.mail.outbox import State
from tests.delivery.smtp.obeying import CLOSE, SILENCE, Obeying
from tests.delivery.smtp.posting import (
    JANE,
    JOE,
    add,
    hold,
    lane,
    last,
    put,
    send,
    transport,
    work,
)
from tests.delivery.steps import events, record


def test_a_message_arrives_as_it_is(mail: Obeying) -> None:
    message = send(mail.server(), text="Grüße\n.\n..two dots\n", bcc=JOE)

    [arrived] = mail.mails
    told = record(message)
    assert told.state == State.SENT
    assert told.internet_message_id.encode() in arrived
    assert b"\n" not in arrived.replace(b"\r\n", b"")
    assert last(message).answer.status == 250  # type: ignore[union-attr]


def test_whoever_is_in_bcc_gets_it_and_no_header_says_so(mail: Obeying) -> None:
    send(mail.server(), cc=JOE, bcc="hidden@example.com")

    [arrived] = mail.mails
    named = [line.split("<")[1].split(">")[0] for line in mail.said("RCPT")]
    assert named == [JANE, JOE, "hidden@example.com"]
    assert b"hidden" not in arrived
    assert b"\r\nbcc:" not in arrived.lower()


def test_mail_says_its_size_and_is_from_the_account(mail: Obeying) -> None:
    send(mail.server())

    [arrived], [said] = mail.mails, mail.said("MAIL")
    assert said == f"MAIL FROM:<reports@contoso.example> SIZE={len(arrived)}"


@pytest.mark.parametrize("offers", [("AUTH LOGIN",), ("AUTH PLAIN LOGIN",)])
def test_a_password_is_said_in_either_way(
    mail: Obeying, offers: tuple[str, ...]
) -> None:
    mail.offers = offers

    message = send(mail.signing_in())

    assert record(message).state == State.SENT
    assert len(mail.said("AUTH")) == 1


def test_a_password_that_is_long_gets_a_line_of_its_own(mail: Obeying) -> None:
    mail.offers, secret = ("AUTH PLAIN",), 400 * "x"

    message = send(mail.signing_in(password=secret))

    assert record(message).state == State.SENT
    assert mail.said("AUTH") == ["AUTH PLAIN"]
    assert mail.said("\0") == [f"\0reports@contoso.example\0{secret}"]


BEFORE = [
    ("GREETING", "554 5.7.1 go away", State.HELD),
    ("GREETING", "421 4.3.2 later", State.QUEUED),
    ("GREETING", "HTTP/1.1 400 Bad Request", State.QUEUED),
    ("GREETING", CLOSE, State.QUEUED),
    ("EHLO", "421 4.3.2 later", State.QUEUED),
    ("EHLO", CLOSE, State.QUEUED),
    ("AUTH", "535 5.7.8 wrong", State.HELD),
    ("AUTH", "534 5.7.9 too weak", State.HELD),
    ("AUTH", "454 4.7.0 later", State.QUEUED),
    ("AUTH", CLOSE, State.QUEUED),
    ("MAIL", "530 5.7.0 sign in first", State.HELD),
    ("MAIL", "550 5.7.1 not as that", State.HELD),
    ("MAIL", "552 5.3.4 too large", State.FAILED),
    ("MAIL", "451 4.3.0 later", State.QUEUED),
    ("MAIL", "421 4.7.0 too many", State.QUEUED),
    ("MAIL", CLOSE, State.QUEUED),
    (f"RCPT {JANE}", "550 5.1.1 unknown", State.FAILED),
    (f"RCPT {JANE}", "450 4.2.0 greylisted", State.QUEUED),
    (f"RCPT {JANE}", "530 5.7.0 sign in first", State.HELD),
    (f"RCPT {JANE}", "421 4.7.0 too many", State.QUEUED),
    (f"RCPT {JANE}", CLOSE, State.QUEUED),
    ("DATA", "554 5.5.1 nobody", State.FAILED),
    ("DATA", "451 4.3.0 later", State.QUEUED),
    ("DATA", "250 2.0.0 strange", State.QUEUED),
    ("DATA", CLOSE, State.QUEUED),
    ("MEANWHILE", CLOSE, State.QUEUED),
    ("CONTENT", "550 5.7.1 spam", State.FAILED),
    ("CONTENT", "552 5.3.4 too large", State.FAILED),
    ("CONTENT", "451 4.3.0 later", State.QUEUED),
    ("CONTENT", "432 4.3.2 too many", State.QUEUED),
    ("CONTENT", "421 4.3.2 later", State.QUEUED),
]


@pytest.mark.parametrize(("verb", "reply", "state"), BEFORE)
def test_what_was_refused_was_surely_not_accepted(
    mail: Obeying, verb: str, reply: str, state: State
) -> None:
    mail.replies[verb] = [reply]
    text = "x" * 3_000_000 if verb == "MEANWHILE" else "x"

    message = send(mail.signing_in(), text=text)

    assert record(message).state == state
    assert Event.DOUBTED not in events(message)


@pytest.mark.parametrize("reply", [CLOSE, "354 go on", "garbage", "150 well"])
def test_a_lost_answer_after_the_dot_is_in_doubt(mail: Obeying, reply: str) -> None:
    mail.replies["CONTENT"] = [reply]

    message = send(mail.server())

    assert events(message)[-1] == Event.DOUBTED
    assert len(mail.mails) == 1


def test_an_answer_that_does_not_come_in_time_is_in_doubt(mail: Obeying) -> None:
    mail.replies["CONTENT"] = [SILENCE]
    add(mail.server())
    message = put()

    with transport(patience=0.2) as smtp:
        Worker({"smtp": smtp}).work_once()

    assert events(message)[-1] == Event.DOUBTED


def test_a_server_that_refuses_in_the_midst_is_understood(mail: Obeying) -> None:
    mail.replies["MEANWHILE"] = ["552 5.3.4 too large"]

    message = send(mail.server(), text="x" * 3_000_000)

    assert record(message).state == State.FAILED


def test_a_refusal_at_the_door_waits_for_all_that_leave_there(mail: Obeying) -> None:
    mail.replies["GREETING"] = ["421 4.3.2 later"]

    send(mail.server())

    assert lane().paused_until is not None


def test_one_message_that_is_deferred_keeps_no_other_waiting(mail: Obeying) -> None:
    mail.replies["CONTENT"] = ["451 4.7.1 greylisted"]
    add(mail.server())
    first, second = put(), put()

    work()

    assert {record(first).state, record(second).state} == {State.QUEUED, State.SENT}
    assert lane().paused_until is None


def test_a_wrong_password_holds_the_account_once(mail: Obeying) -> None:
    mail.replies["AUTH"] = ["535 5.7.8 wrong: b3BlbiwgU2VzYW1l open, Sesame"]

    message = send(mail.signing_in())

    held = hold()
    assert held is not None
    assert "username and password" in held.reason
    assert "Sesame" not in str(last(message).answer)


def test_a_secret_that_a_server_repeats_is_not_kept(mail: Obeying) -> None:
    mail.offers = ("AUTH PLAIN",)
    blob = "AHJlcG9ydHNAY29udG9zby5leGFtcGxlAG9wZW4sIFNlc2FtZQ=="
    mail.replies["AUTH"] = [f"535 5.7.8 you said {blob}"]

    message = send(mail.signing_in())

    assert blob in str(mail.heard)
    assert blob not in str(last(message))


def test_a_server_without_a_way_to_sign_in_holds_the_account(mail: Obeying) -> None:
    mail.offers = ("AUTH CRAM-MD5",)

    send(mail.signing_in())

    assert hold() is not None
    assert mail.said("AUTH") == []


def test_what_is_larger_than_the_server_takes_is_refused_by_its_limit(
    mail: Obeying,
) -> None:
    mail.offers = ("SIZE 1000",)

    message = send(mail.server(), text="x" * 2000)

    assert record(message).state == State.FAILED
    assert "no more than 1,000" in record(message).reason
    assert mail.said("MAIL") == []


@pytest.mark.parametrize("size", ["SIZE", "SIZE 0", "SIZE many", "SIZE " + "9" * 40])
def test_a_limit_that_is_none_limits_nothing(mail: Obeying, size: str) -> None:
    mail.offers = (size,)

    assert record(send(mail.server())).state == State.SENT


def test_an_address_beyond_ascii_needs_a_server_that_takes_it(mail: Obeying) -> None:
    mail.offers = ("8BITMIME",)

    message = send(mail.server(), to="jürgen@example.com")

    assert record(message).state == State.FAILED
    assert "SMTPUTF8" in record(message).reason


def test_an_address_beyond_ascii_is_announced(mail: Obeying) -> None:
    message = send(mail.server(), to="jürgen@example.com")

    assert record(message).state == State.SENT
    assert mail.said("MAIL")[0].endswith(" SMTPUTF8")


def test_a_connection_is_used_again(mail: Obeying) -> None:
    add(mail.server())
    put(), put()

    work()

    assert (mail.connections, len(mail.mails), mail.said("RSET")) == (1, 2, ["RSET"])


def test_one_that_was_closed_meanwhile_costs_nothing(mail: Obeying) -> None:
    mail.replies["RSET"] = [CLOSE]
    add(mail.server())
    messages = [put(), put()]

    work()

    assert {record(each).state for each in messages} == {State.SENT}
    assert (mail.connections, len(mail.mails)) == (2, 2)


def test_an_old_server_that_knows_no_ehlo_is_greeted_as_before(mail: Obeying) -> None:
    mail.replies["EHLO"] = ["502 5.5.1 what?"]

    message = send(mail.server())

    assert record(message).state == State.SENT
    assert mail.said("MAIL") == ["MAIL FROM:<reports@contoso.example>"]


def test_nobody_at_the_port_means_later(mail: Obeying) -> None:
    message = send(mail.server(port=1))

    assert record(message).state == State.QUEUED
    assert "refused the connection" in record(message).reason


def test_a_name_that_is_none_means_later(mail: Obeying) -> None:
    message = send(mail.server(host="nowhere.invalid"))

    assert record(message).state == State.QUEUED
    assert lane().failures == 1
