"""In bulk: each message is decided about as if it were alone, in bounded steps."""

from uuid import UUID

import pytest

from portal import db
from portal.accept import Caller
from portal.config import Config
from portal.intake import bulk, desk
from portal.intake.bulk import Act
from portal.mail.journal import Event
from portal.mail.message import Message
from portal.mail.outbox import State
from portal.workspace import audit
from tests.mail import backlog

ANN = Caller(name="Ann")


@pytest.fixture
def waiting(house: Config) -> list[UUID]:
    """Let three messages wait."""
    backlog.open_lane(backlog.account())
    brief = Message(to="jane@example.com", text="Hello")
    return [UUID(desk.take(brief, ANN).id) for _ in range(3)]


def audited() -> list[tuple[str, str, str]]:
    with db.reading() as session:
        return [
            (each.actor, each.action, each.subject)
            for each in audit.page(session, None, 10)
        ]


def end(state: State) -> None:
    for claim in backlog.take():
        backlog.settle(claim, state, Event(state.value))


def test_each_has_its_line_and_all_have_one_entry(waiting: list[UUID]) -> None:
    step = bulk.decide(Act.CANCEL, waiting, ANN, "status queued")

    assert (step.done, step.refused, step.left) == (3, {}, ())
    for each in waiting:
        assert backlog.state(each) == State.CANCELLED
        assert backlog.events(each)[-1] == Event.CANCELLED
    assert audited() == [("Ann", "cancelled messages", "3: status queued")]


def test_what_is_refused_stops_nothing_and_is_counted_by_its_reason(
    waiting: list[UUID],
) -> None:
    bulk.decide(Act.CANCEL, waiting[:2], ANN, "two")

    step = bulk.decide(Act.CANCEL, [*waiting, UUID(int=7)], ANN, "four")

    assert step.done == 1
    assert step.refused == {
        "It was cancelled.": 2,
        "There is no message with this id.": 1,
    }


def test_a_step_ends_in_time_and_says_what_is_left(
    waiting: list[UUID], hurried: None
) -> None:
    step = bulk.decide(Act.CANCEL, waiting, ANN, "all")

    assert (step.done, step.left) == (1, tuple(waiting[1:]))
    assert [backlog.state(each) for each in waiting[1:]] == [State.QUEUED] * 2


def test_resending_twice_sends_one_copy(waiting: list[UUID]) -> None:
    end(State.SENT)

    first = bulk.decide(Act.RESEND, waiting, ANN, "all")
    again = bulk.decide(Act.RESEND, waiting, ANN, "all")

    assert first.done == 3
    assert again.done == 0
    assert len(backlog.taken()) == 3


@pytest.mark.parametrize(
    ("act", "state", "becomes"),
    [
        (Act.RETRY, State.FAILED, State.QUEUED),
        (Act.ARRIVE, State.UNCONFIRMED, State.SENT),
    ],
)
def test_every_decision_can_be_taken(
    waiting: list[UUID], act: Act, state: State, becomes: State
) -> None:
    end(state)

    assert bulk.decide(act, waiting, ANN, "all").done == 3
    assert {backlog.state(each) for each in waiting} == {becomes}


def test_what_came_to_nothing_is_not_audited(waiting: list[UUID]) -> None:
    bulk.decide(Act.ARRIVE, waiting, ANN, "all")

    assert audited() == []
