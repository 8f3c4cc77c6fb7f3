"""In bulk: each message is decided about as if it were alone, in bounded steps."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy.exc import StatementError

from portal import db
from portal.accept import Caller
from portal.config import Config
from portal.intake import bulk, desk
from portal.intake.bulk import Act, Decision, Step
from portal.mail.journal import Event
from portal.mail.message import Message
from portal.mail.outbox import State
from portal.workspace import audit
from tests.crowd import together
from tests.mail import backlog

ANN = Caller(name="Ann")


@pytest.fixture
def waiting(house: Config) -> list[UUID]:
    """Let three messages wait."""
    return three()


@pytest.fixture
def anywhere(either_house: Config) -> list[UUID]:
    """Let three messages wait, on either database."""
    return three()


def three() -> list[UUID]:
    backlog.open_lane(backlog.account())
    brief = Message(to="jane@example.com", text="Hello")
    return [UUID(desk.take(brief, ANN).id) for _ in range(3)]


def decide(act: Act, messages: list[UUID], which: str) -> Step:
    """Decide as Ann, in one step."""
    return bulk.decide(Decision(act=act, caller=ANN, which=which), messages)


def take_all(decision: Decision, messages: Sequence[UUID]) -> None:
    """Decide about all, in as many steps as that takes."""
    while messages:
        messages = bulk.decide(decision, messages).left


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
    step = decide(Act.CANCEL, waiting, "status queued")

    assert (step.done, step.refused, step.left) == (3, {}, ())
    for each in waiting:
        assert backlog.state(each) == State.CANCELLED
        assert backlog.events(each)[-1] == Event.CANCELLED
    assert audited() == [("Ann", "cancelled messages", "3: status queued")]


def test_what_is_refused_stops_nothing_and_is_counted_by_its_reason(
    waiting: list[UUID],
) -> None:
    decide(Act.CANCEL, waiting[:2], "two")

    step = decide(Act.CANCEL, [*waiting, UUID(int=7)], "four")

    assert step.done == 1
    assert step.refused == {
        "It was cancelled.": 2,
        "There is no message with this id.": 1,
    }


def test_a_step_ends_in_time_and_says_what_is_left(
    waiting: list[UUID], hurried: None
) -> None:
    step = decide(Act.CANCEL, waiting, "all")

    assert (step.done, step.left) == (1, tuple(waiting[1:]))
    assert [backlog.state(each) for each in waiting[1:]] == [State.QUEUED] * 2


def test_resending_twice_sends_one_copy(waiting: list[UUID]) -> None:
    end(State.SENT)

    first = decide(Act.RESEND, waiting, "all")
    again = decide(Act.RESEND, waiting, "all")

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

    assert decide(act, waiting, "all").done == 3
    assert {backlog.state(each) for each in waiting} == {becomes}


@pytest.mark.parametrize("act", [Act.CANCEL, Act.RESEND])
def test_all_steps_of_a_decision_have_one_entry_that_counts(
    waiting: list[UUID], act: Act
) -> None:
    end(State.SENT if act == Act.RESEND else State.HELD)
    decision = Decision(act=act, caller=ANN, which="all")

    for each in waiting:
        bulk.decide(decision, [each])

    assert [entry[2] for entry in audited()] == ["3: all"]


ENDS = {
    Act.RETRY: State.FAILED,
    Act.CANCEL: State.HELD,
    Act.RESEND: State.SENT,
    Act.ARRIVE: State.UNCONFIRMED,
}


@pytest.mark.parametrize("act", Act)
def test_a_step_that_is_taken_many_times_at_once_counts_once(
    anywhere: list[UUID], act: Act
) -> None:
    end(ENDS[act])
    decision = Decision(act=act, caller=ANN, which="all")

    together(lambda: take_all(decision, anywhere))

    assert [entry[2] for entry in audited()] == ["3: all"]


def test_what_a_decision_sent_on_another_sends_on_again(waiting: list[UUID]) -> None:
    for _ in range(2):
        take_all(Decision(act=Act.RETRY, caller=ANN, which="all"), waiting)

    assert [entry[2] for entry in audited()] == ["3: all", "3: all"]


def test_what_was_decided_is_counted_though_its_step_breaks_off(
    waiting: list[UUID],
) -> None:
    with pytest.raises(StatementError):
        decide(Act.CANCEL, [waiting[0], "no id"], "all")  # type: ignore[list-item]

    assert [entry[2] for entry in audited()] == ["1: all"]


def test_nobody_adds_to_the_entry_of_another(waiting: list[UUID]) -> None:
    ours = Decision(act=Act.CANCEL, caller=ANN, which="all")
    bulk.decide(ours, waiting[:1])

    bulk.decide(replace(ours, caller=Caller(name="Bea")), waiting[1:])

    assert [entry[::2] for entry in audited()] == [("Bea", "2: all"), ("Ann", "1: all")]


def test_what_came_to_nothing_is_not_audited(waiting: list[UUID]) -> None:
    decide(Act.ARRIVE, waiting, "all")

    assert audited() == []
