"""Questions that Microsoft does not answer: no mail waits for them, and they end."""

from datetime import timedelta
from uuid import UUID

import pytest

from portal import clock, db
from portal.accept import Caller
from portal.config import Config
from portal.delivery.backoff import LONGEST_WAIT
from portal.delivery.outcome import UNHEARD
from portal.errors import Deferred, Scope, Unsure
from portal.explanations import own
from portal.intake import desk
from portal.mail import outbox
from portal.mail.journal import Event
from portal.mail.lanes import LaneRow
from portal.mail.message import Message
from portal.mail.outbox import State
from tests.delivery.steps import events, later, record, work, work_once
from tests.postman import Postman
from tests.sandbox.serving import Sandbox
from tests.trip import ANN, connect_large

WAITS = [wait + timedelta(seconds=1) for wait in outbox.LOOKS]


@pytest.fixture
def microsoft(house: Config, sandbox: Sandbox) -> Sandbox:
    """Connect as admin@ with large file attachments, to send from the own mailbox."""
    connect_large(house, sandbox, ANN, ANN)
    return sandbox


def accept() -> UUID:
    brought = Message(to="jane@example.com", subject="Report", text="Well.")
    return UUID(desk.take(brought, Caller(name="test")).id)


def doubt(microsoft: Sandbox, times: int = 1) -> list[UUID]:
    """Send messages whose answers are lost; return their ids."""
    microsoft.fault("504", times=times, only="POST")
    messages = [accept() for _ in range(times)]
    work()
    return messages


def ask_until_it_ends(message: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look as soon as it is time, as often as it takes."""
    while again := record(message).next_attempt_at:
        later(monkeypatch, again - clock.now())
        work()


@pytest.mark.parametrize("fault", ["504", "503"])
@pytest.mark.parametrize("looks", [1, len(WAITS)])
def test_questions_without_an_answer_keep_no_mail_waiting(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch, fault: str, looks: int
) -> None:
    doubt(microsoft, times=4)
    for wait in WAITS[: looks - 1]:
        later(monkeypatch, wait)
        work()
    microsoft.fault(fault, times=None, only="GET", after_seconds=None)
    later(monkeypatch, WAITS[looks - 1])
    work()

    good = [accept() for _ in range(20)]
    work()

    assert {record(each).state for each in good} == {State.SENT}
    with db.reading() as session:
        assert session.query(LaneRow).one().paused_until is None


@pytest.mark.parametrize("fault", ["504", "503"])
def test_who_cannot_be_asked_for_a_day_leaves_it_unconfirmed(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    [message] = doubt(microsoft)
    microsoft.fault(fault, times=None, only="GET", after_seconds=None)
    begin = clock.now()

    ask_until_it_ends(message, monkeypatch)

    assert (record(message).state, record(message).reason) == (
        State.UNCONFIRMED,
        own.NOT_ASKED.sentence,
    )
    assert timedelta(hours=20) < clock.now() - begin < timedelta(hours=28)
    assert microsoft.mails() == []


def test_a_question_is_repeated_later_and_later_but_not_too_late(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    postman = Postman(Unsure(), found=Deferred(scope=Scope.MAILBOX))
    later(monkeypatch, timedelta())
    work_once(postman)

    waits = []
    while again := record(message).next_attempt_at:
        waits.append(again - clock.now())
        later(monkeypatch, waits[-1])
        work_once(postman)

    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (outbox.LOOKS[0], LONGEST_WAIT)
    assert len(postman.looks) == len(waits) == UNHEARD + 1


def test_a_question_that_is_refused_counts_as_one_of_the_schedule(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    [message] = doubt(microsoft)
    wrong = {"status": 400, "code": "ErrorInvalidUrlQueryFilter"}
    microsoft.fault("error", times=None, only="GET", **wrong)

    ask_until_it_ends(message, monkeypatch)

    assert record(message).state == State.UNCONFIRMED
    assert events(message).count(Event.DOUBTED) == len(outbox.LOOKS)


def test_a_mailbox_rests_exactly_as_long_as_a_question_is_told(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubt(microsoft)
    microsoft.fault("503", only="GET", after_seconds=420)
    later(monkeypatch, WAITS[0])
    work()
    good = accept()

    later(monkeypatch, timedelta(seconds=419))
    work()
    assert record(good).state == State.QUEUED
    later(monkeypatch, timedelta(seconds=1))
    work()

    assert record(good).state == State.SENT
