"""Recipients: some get it, some never, and some later by a message of their own."""

from datetime import timedelta
from uuid import UUID

import pytest

from portal.explanations import tell
from portal.mail.journal import Event
from portal.mail.outbox import State
from tests.delivery.smtp.obeying import CLOSE, Obeying
from tests.delivery.smtp.posting import JANE, JOE, add, last, parts, put, send, work
from tests.delivery.steps import events, later, record

ANN = "ann@example.com"
GREY = "450 4.7.1 greylisted"
UNKNOWN = "550 5.1.1 unknown"


def named(mail: Obeying) -> list[str]:
    """Return who was named to the server, in the order of time."""
    return [line.split("<")[1].split(">")[0] for line in mail.said("RCPT")]


def test_whom_the_server_refuses_is_named_and_the_others_get_it(mail: Obeying) -> None:
    mail.replies[f"RCPT {JOE}"] = [UNKNOWN]

    message = send(mail.server(), to=[JANE, JOE])

    assert record(message).state == State.SENT
    assert last(message).reason == f"Not sent to {JOE} ({UNKNOWN})."
    assert len(mail.mails) == 1


def test_a_message_that_everybody_is_refused_names_each(mail: Obeying) -> None:
    mail.replies |= {f"RCPT {JANE}": [UNKNOWN], f"RCPT {JOE}": ["553 5.1.3 bad"]}

    message = send(mail.server(), to=[JANE, JOE])

    failed = record(message)
    told = tell(failed.reason, failed.cause)
    assert failed.state == State.FAILED
    assert f"{JANE} ({UNKNOWN})" in told.why
    assert f"{JOE} (553 5.1.3 bad)" in told.why
    assert failed.reason == f"{told.why} {' '.join(told.steps)}"


def test_one_that_is_deferred_waits_as_a_message_of_its_own(mail: Obeying) -> None:
    mail.replies[f"RCPT {JOE}"] = [GREY]

    message = send(mail.server(), to=[JANE, JOE, ANN])

    [part] = parts(message)
    assert (part.state, part.to, part.recipients) == (State.QUEUED, [JOE], 1)
    assert record(message).state == State.SENT
    assert record(message).to == (JANE, ANN)
    assert events(message)[-2:] == [Event.PARTED, Event.SENT]


def test_nobody_gets_it_twice(mail: Obeying, monkeypatch: pytest.MonkeyPatch) -> None:
    mail.replies[f"RCPT {JOE}"] = [GREY, GREY]
    message = send(mail.server(), to=[JANE, JOE])

    for _ in range(3):
        later(monkeypatch, timedelta(minutes=20))
        work()

    [part] = parts(message)
    assert record(part.id).state == State.SENT
    assert named(mail) == [JANE, JOE, JOE, JOE]
    assert mail.mails[0] == mail.mails[1]


def test_who_is_too_many_for_one_message_goes_at_once(mail: Obeying) -> None:
    mail.replies[f"RCPT {JOE}"] = ["452 4.5.3 too many recipients"]

    message = send(mail.server(), to=[JANE, JOE])
    work()

    [part] = parts(message)
    assert record(part.id).state == State.SENT
    assert len(mail.mails) == 2


@pytest.mark.parametrize("reply", [CLOSE, "451 4.3.0 later"])
def test_a_message_that_breaks_off_afterwards_stays_divided(
    mail: Obeying, monkeypatch: pytest.MonkeyPatch, reply: str
) -> None:
    mail.replies |= {f"RCPT {JOE}": [GREY], "DATA": [reply]}
    message = send(mail.server(), to=[JANE, JOE])

    later(monkeypatch, timedelta(minutes=20))
    work()

    [part] = parts(message)
    assert (record(message).state, record(part.id).state) == (State.SENT,) * 2
    assert sorted(named(mail)) == [JANE, JANE, JOE, JOE]


def test_a_doubt_is_about_who_was_taken_alone(mail: Obeying) -> None:
    mail.replies |= {f"RCPT {JOE}": [GREY], "CONTENT": [CLOSE]}

    message = send(mail.server(), to=[JANE, JOE])

    [part] = parts(message)
    assert events(message)[-1] == Event.DOUBTED
    assert record(message).to == (JANE,)
    assert part.state == State.QUEUED


def test_a_doubt_tells_who_surely_did_not_get_it(mail: Obeying) -> None:
    mail.replies |= {f"RCPT {JOE}": [UNKNOWN], "CONTENT": [CLOSE]}

    message = send(mail.server(), to=[JANE, JOE])

    assert last(message).event == Event.DOUBTED
    assert last(message).reason.endswith(f"Not sent to {JOE} ({UNKNOWN}).")


def test_when_all_are_deferred_the_message_waits_whole(mail: Obeying) -> None:
    mail.replies |= {f"RCPT {JANE}": [GREY], f"RCPT {JOE}": [UNKNOWN]}

    message = send(mail.server(), to=[JANE, JOE])

    assert record(message).state == State.QUEUED
    assert parts(message) == []


def test_a_hidden_recipient_stays_hidden_in_its_own_message(mail: Obeying) -> None:
    mail.replies[f"RCPT {ANN}"] = [GREY]

    message = send(mail.server(), bcc=[ANN])

    [part] = parts(message)
    assert (part.to, part.bcc) == ([], [ANN])


def test_a_part_of_a_part_belongs_to_the_first(
    mail: Obeying, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail.replies |= {f"RCPT {JOE}": [GREY], f"RCPT {ANN}": [GREY, GREY]}
    message = send(mail.server(), to=[JANE, JOE, ANN])

    for _ in range(2):
        later(monkeypatch, timedelta(minutes=20))
        work()

    assert [record(part.id).state for part in parts(message)] == [State.SENT] * 2
    assert len(mail.mails) == 3


def test_many_that_are_refused_are_counted(mail: Obeying) -> None:
    many = [f"user{number}@example.com" for number in range(30)]
    mail.replies |= {f"RCPT {each}": [UNKNOWN] for each in many}
    add(mail.server())
    message: UUID = put(to=[JANE, *many])

    work()

    assert last(message).reason.endswith("; 10 more.")
