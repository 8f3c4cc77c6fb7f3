"""A draft whose answer was lost: looked for, then made anew, and deleted late."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest

from portal import clock, db
from portal.accept import Caller
from portal.explanations.own import LOOKED_FOR
from portal.intake import desk
from portal.mail.outbox import State, decisions
from portal.watch import strays
from tests.delivery.drafting import NOREPLY, accept, kept, send
from tests.delivery.dying import die_beside_others
from tests.delivery.steps import later, record, work
from tests.mail import backlog
from tests.sandbox.serving import Sandbox

CREATE = "POST /v1.0/me/messages "
MINUTE = timedelta(minutes=1)
FINISHED = f"""From: {NOREPLY}\r
To: jane@example.com\r
Subject: Finished\r
Message-ID: <its-own@contoso.example>\r
\r
Well.\r
""".encode()


@pytest.fixture
def lagging(drafting: Sandbox) -> Sandbox:
    """Let no search find a draft before all faults are taken back."""
    drafting.fault("draft-lag", after_seconds=3600)
    return drafting


@pytest.fixture
def sent_twice_made(lagging: Sandbox, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """Send a message by its second draft, for the first was not found in time."""
    lagging.fault("504-accepted", only=CREATE)
    message = send()
    for _ in range(3):
        later(monkeypatch, MINUTE)
        work()
    assert record(message).state == State.SENT
    return message


def catch_up(microsoft: Sandbox) -> None:
    """Let searches find whatever is there."""
    microsoft.session.delete(f"{microsoft.url}/faults.json", timeout=9)


def tidy() -> None:
    strays.delete_all(threading.Event())


def unsent(message: UUID) -> int:
    return sum(each.draft for each in kept(message))


@pytest.mark.parametrize("fault", ["504-accepted", "dropped-accepted", "truncated"])
def test_it_waits_for_a_draft_that_may_be_there(
    lagging: Sandbox, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    lagging.fault(fault, only=CREATE)
    message = send()

    for _ in range(5):
        later(monkeypatch, timedelta(seconds=9))
        work()

    assert record(message).state == State.QUEUED
    assert record(message).cause == LOOKED_FOR.name
    assert len(lagging.calls(CREATE)) == 1


def test_what_is_found_in_time_is_sent(
    lagging: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    lagging.fault("504-accepted", only=CREATE)
    message = send()
    later(monkeypatch, timedelta(seconds=9))
    work()
    catch_up(lagging)

    later(monkeypatch, timedelta(seconds=9))
    work()

    assert record(message).state == State.SENT
    assert (len(lagging.calls(CREATE)), unsent(message)) == (1, 0)


@pytest.mark.parametrize("step", ["asked", "answered"])
def test_who_dies_with_the_answer_makes_no_second_draft(
    lagging: Sandbox, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    later(monkeypatch, timedelta())
    message = accept()
    die_beside_others(step)
    work()
    assert record(message).cause == LOOKED_FOR.name
    catch_up(lagging)

    later(monkeypatch, MINUTE)
    work()

    assert record(message).state == State.SENT
    assert (len(lagging.mails()), unsent(message)) == (1, 0)


@pytest.mark.parametrize("fault", ["503", "429", "401"])
def test_a_draft_that_surely_was_not_made_is_not_waited_for(
    lagging: Sandbox, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    lagging.fault(fault, only=CREATE)
    message = send()

    later(monkeypatch, timedelta(seconds=4))
    work()

    assert record(message).state == State.SENT


def test_what_turns_up_later_is_deleted(
    sent_twice_made: UUID, lagging: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    catch_up(lagging)
    assert unsent(sent_twice_made) == 1

    later(monkeypatch, timedelta(minutes=10))
    tidy()

    assert [each.draft for each in kept(sent_twice_made)] == [False]
    assert len(lagging.mails()) == 1


def test_what_turns_up_much_later_is_deleted_too(
    sent_twice_made: UUID, lagging: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch, timedelta(minutes=10))
    tidy()
    catch_up(lagging)
    assert unsent(sent_twice_made) == 1

    later(monkeypatch, timedelta(minutes=20))
    tidy()

    assert unsent(sent_twice_made) == 0


def test_nobody_looks_for_ever(
    sent_twice_made: UUID, lagging: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched = len(lagging.calls("GET /v1.0/me/messages "))

    for _ in range(6 * 24 * 3):
        later(monkeypatch, timedelta(minutes=10))
        tidy()

    looks = len(lagging.calls("GET /v1.0/me/messages ")) - searched
    assert 5 < looks < 10
    assert strays.due() == []


def test_a_look_that_fails_is_made_up_for(
    sent_twice_made: UUID, lagging: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    catch_up(lagging)
    lagging.fault("503", only="GET /v1.0/me/messages ")
    later(monkeypatch, timedelta(minutes=10))
    tidy()
    assert unsent(sent_twice_made) == 1

    tidy()

    assert unsent(sent_twice_made) == 0


def test_the_draft_of_what_was_cancelled_meanwhile_is_deleted(
    lagging: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    lagging.fault("504-accepted", only=CREATE)
    message = send()
    with db.session() as session:
        decisions.cancel(session, message, "Ann")
    catch_up(lagging)

    later(monkeypatch, timedelta(minutes=10))
    tidy()

    assert kept(message) == []


def test_what_may_go_again_is_left_alone(
    lagging: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    lagging.fault("504-accepted", only=CREATE)
    message = send()
    backlog.change(message, state=State.FAILED, due_at=None, finished_at=clock.now())
    catch_up(lagging)

    later(monkeypatch, timedelta(minutes=10))
    tidy()

    assert unsent(message) == 1


def test_a_message_id_that_was_brought_proves_nothing(
    lagging: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    lagging.fault("504-accepted", only=CREATE)
    message = UUID(desk.take(FINISHED, Caller(name="test")).id)
    for _ in range(4):
        work()
        later(monkeypatch, MINUTE)
    assert record(message).state == State.SENT
    catch_up(lagging)

    later(monkeypatch, timedelta(minutes=10))
    tidy()

    assert unsent(message) == 1


def test_one_that_shares_its_message_id_is_not_deleted(
    sent_twice_made: UUID, lagging: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = record(sent_twice_made).internet_message_id
    again = FINISHED.replace(b"<its-own@contoso.example>", known.encode())
    desk.take(again, Caller(name="test"))
    catch_up(lagging)

    later(monkeypatch, timedelta(minutes=10))
    tidy()

    assert unsent(sent_twice_made) == 1
