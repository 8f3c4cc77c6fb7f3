"""What a human decides: where it is true it is done and told, elsewhere refused."""

import itertools
from contextlib import suppress
from uuid import UUID, uuid4

import pytest

from portal import clock, db
from portal.errors import Conflict, NotFound
from portal.mail.journal import Event, Line
from portal.mail.outbox import (
    ClaimLost,
    State,
    decisions,
    endings,
)
from tests import stored
from tests.conftest import Passing
from tests.crowd import together
from tests.mail import backlog
from tests.mail.outbox.deciding import ANN, decide, make

DECISIONS = {
    "retry": decisions.retry,
    "cancel": decisions.cancel,
    "arrived": decisions.arrived,
    "resend": backlog.supersede,
}
# Whatever does not stand here is refused.
ALLOWED = {
    (State.QUEUED, "retry"): (State.QUEUED, Event.RESUMED),
    (State.HELD, "retry"): (State.QUEUED, Event.RESUMED),
    (State.FAILED, "retry"): (State.QUEUED, Event.RESUMED),
    (State.QUEUED, "cancel"): (State.CANCELLED, Event.CANCELLED),
    (State.HELD, "cancel"): (State.CANCELLED, Event.CANCELLED),
    (State.UNCONFIRMED, "arrived"): (State.SENT, Event.ARRIVED),
    (State.SENT, "resend"): (State.SENT, Event.RESENT),
    (State.FAILED, "resend"): (State.FAILED, Event.RESENT),
    (State.CANCELLED, "resend"): (State.CANCELLED, Event.RESENT),
    (State.UNCONFIRMED, "resend"): (State.UNCONFIRMED, Event.RESENT),
}
REFUSED = [pair for pair in itertools.product(State, DECISIONS) if pair not in ALLOWED]


@pytest.mark.parametrize(("state", "decision"), ALLOWED)
def test_what_is_true_is_done_and_told(
    account: UUID, state: State, decision: str
) -> None:
    message = make(account, state)
    told = backlog.events(message)

    decide(DECISIONS[decision], message)

    after, event = ALLOWED[state, decision]
    assert backlog.state(message) is after
    assert backlog.events(message) == [*told, event]


@pytest.mark.parametrize(("state", "decision"), REFUSED)
def test_what_would_not_be_true_changes_nothing_and_is_not_told(
    account: UUID, state: State, decision: str
) -> None:
    message = make(account, state)
    before, told = backlog.row(message), stored.rows("journal")

    with pytest.raises(Conflict) as refused:
        decide(DECISIONS[decision], message)

    assert str(refused.value) == decisions.WHY_NOT[state]
    assert backlog.row(message) == before
    assert stored.rows("journal") == told


@pytest.mark.parametrize("decision", DECISIONS)
def test_nothing_is_decided_about_what_is_not_there(
    account: UUID, decision: str
) -> None:
    with pytest.raises(NotFound):
        decide(DECISIONS[decision], uuid4())

    assert stored.rows() == 0


@pytest.mark.parametrize("decision", DECISIONS)
def test_while_it_is_looked_up_nobody_decides(account: UUID, decision: str) -> None:
    message = backlog.put(account)
    [claim] = backlog.take()
    backlog.doubt(claim)

    with pytest.raises(Conflict, match="looked up"):
        decide(DECISIONS[decision], message)


def test_what_ends_says_why_and_when(account: UUID, passes: Passing) -> None:
    cancelled, arrived = make(account, State.HELD), make(account, State.UNCONFIRMED)
    passes(seconds=1)

    decide(decisions.cancel, cancelled)
    decide(decisions.arrived, arrived)

    one, other = backlog.record(cancelled), backlog.record(arrived)
    assert (one.reason, one.finished_at) == (f"{ANN} cancelled it.", clock.now())
    assert other.reason == f"{ANN} says that it arrived."
    assert other.finished_at == clock.now()


def test_what_may_have_left_before_it_was_cancelled_is_unconfirmed(
    account: UUID,
) -> None:
    message = backlog.put(account)
    backlog.change(message, repeats=1)

    decide(decisions.cancel, message)

    assert backlog.state(message) is State.UNCONFIRMED
    assert backlog.events(message)[-1] is Event.UNCONFIRMED


def test_what_is_sent_anew_keeps_its_own_reason(account: UUID) -> None:
    message = make(account, State.FAILED)

    decide(backlog.supersede, message)

    record = backlog.record(message)
    assert (record.reason, record.state) == ("So it is.", State.FAILED)
    assert record.resent_as


@pytest.mark.parametrize("decision", ["retry", "resend"])
def test_what_was_erased_goes_no_more_and_says_so(account: UUID, decision: str) -> None:
    message = make(account, State.FAILED)
    backlog.change(message, kept=False)

    with pytest.raises(Conflict, match="erased"):
        decide(DECISIONS[decision], message)


@pytest.mark.parametrize("decision", ["retry", "resend"])
def test_what_goes_as_a_copy_does_not_go_as_well(account: UUID, decision: str) -> None:
    message = make(account, State.FAILED)
    decide(backlog.supersede, message)

    with pytest.raises(Conflict, match=str(backlog.record(message).resent_as)):
        decide(DECISIONS[decision], message)


def test_an_acceptance_that_comes_after_all_finds_it_settled(account: UUID) -> None:
    backlog.put(account)
    [claim] = backlog.take()
    backlog.doubt(claim)
    backlog.change(claim.message_id, look_at=clock.now())
    [look] = backlog.take()
    backlog.settle(look, State.UNCONFIRMED, Event.UNCONFIRMED)
    decide(decisions.arrived, claim.message_id)

    with pytest.raises(ClaimLost), db.session() as session:
        endings.confirm(session, claim, Line(event=Event.SENT))

    assert backlog.events(claim.message_id)[-1] is Event.ARRIVED


def test_either_a_worker_gets_it_or_it_is_cancelled(account: UUID) -> None:
    messages = [backlog.put(account) for _ in range(20)]
    cancelled: list[UUID] = []
    taken: list[UUID] = []

    def work() -> None:
        for _ in messages:
            taken.extend(backlog.taken(1))

    def cancel() -> None:
        for message in reversed(messages):
            with suppress(Conflict):
                decide(decisions.cancel, message)
                cancelled.append(message)

    both = iter([work, cancel])
    together(lambda: next(both)(), threads=2)

    assert sorted([*taken, *cancelled]) == sorted(messages)
    states = {message: backlog.state(message) for message in messages}
    assert {at for at, state in states.items() if state == "cancelled"} == {*cancelled}
