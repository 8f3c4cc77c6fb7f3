"""What a human decides: where it is true it is done and told, elsewhere refused."""

import itertools
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from portal import clock, db
from portal.config import Config
from portal.errors import Conflict, NotFound
from portal.mail import lanes
from portal.mail.journal import Event, Line
from portal.mail.lanes import FeedRow
from portal.mail.outbox import (
    ClaimLost,
    State,
    decisions,
    endings,
    overdue,
)
from tests import stored
from tests.conftest import Passing
from tests.crowd import together
from tests.mail import backlog

ANN = "ann@contoso.example"
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


def make(account: UUID, state: State) -> UUID:
    """Put a message and bring it into a state."""
    message = backlog.put(account)
    if state == State.CANCELLED:
        decide(decisions.cancel, message)
    elif state != State.QUEUED:
        [claim] = backlog.take()
        if state != State.SENDING:
            backlog.settle(claim, state, Event(state.value))
    return message


def decide(decision: Callable[[Session, UUID, str], None], message: UUID) -> None:
    with db.session() as session:
        decision(session, message, ANN)


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


def test_what_is_sent_anew_keeps_its_own_reason(account: UUID) -> None:
    message = make(account, State.FAILED)

    decide(backlog.supersede, message)

    record = backlog.record(message)
    assert (record.reason, record.state) == ("So it is.", State.FAILED)
    assert record.resent_as


def test_what_is_retried_goes_before_what_waits_longer(
    account: UUID, passes: Passing
) -> None:
    message = make(account, State.FAILED)
    waiting = [backlog.put(account) for _ in range(2)]
    passes(seconds=1)

    decide(decisions.retry, message)

    assert backlog.taken(1) == [message]
    assert {*backlog.taken()} == {*waiting}


def test_what_was_deferred_is_retried_at_once(account: UUID, passes: Passing) -> None:
    message = backlog.put(account)
    [claim] = backlog.take()
    backlog.postpone(claim, clock.now() + timedelta(hours=1))

    decide(decisions.retry, message)

    assert backlog.taken() == [message]
    assert backlog.record(message).reason == ""


def test_a_retry_is_the_probe_of_a_held_account(account: UUID, passes: Passing) -> None:
    backlog.put(account)
    message = backlog.put(account)
    backlog.hold(account)
    assert backlog.take() == []

    decide(decisions.retry, message)

    assert backlog.taken() == [message]
    assert backlog.take() == []


def test_a_retry_releases_nothing_of_an_account_without_a_lane(
    either_house: Config,
) -> None:
    message = backlog.put(backlog.account())

    decide(decisions.retry, message)

    assert backlog.take() == []
    assert backlog.record(message).reason == lanes.NO_CONNECTION.reason


def test_a_retry_forgets_the_faults_of_before(account: UUID) -> None:
    message = make(account, State.HELD)
    backlog.change(message, faults=2, lost=3)

    decide(decisions.retry, message)

    row = backlog.row(message)
    assert (row["faults"], row["lost"], row["finished_at"]) == (0, 0, None)


def test_what_was_set_aside_is_retried_alone(account: UUID, passes: Passing) -> None:
    message, other = backlog.put(account), backlog.put(account)
    passes(days=6)
    with db.session() as session:
        overdue.set_aside(session, account)

    decide(decisions.retry, message)

    with db.session() as session:
        assert overdue.set_aside(session, account) == 0
        assert overdue.count(session, account) == 1
    assert backlog.taken() == [message]
    assert backlog.state(other) is State.HELD


def test_what_was_tried_for_five_days_gets_five_more(
    account: UUID, passes: Passing
) -> None:
    message = backlog.put(account)
    passes(days=5, seconds=1)
    assert backlog.outlive() == 1

    decide(decisions.retry, message)

    passes(days=5)
    assert backlog.outlive() == 0
    assert backlog.taken() == [message]


def test_what_was_given_a_time_is_not_retried_after_it(
    account: UUID, passes: Passing
) -> None:
    message = backlog.put(account, expires_at=clock.now() + timedelta(minutes=1))
    passes(minutes=1)
    backlog.expire()

    with pytest.raises(Conflict, match="please resend it"):
        decide(decisions.retry, message)

    assert backlog.state(message) is State.FAILED


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


def test_retries_and_probes_do_not_wait_for_each_other(account: UUID) -> None:
    message = backlog.put(account)
    backlog.hold(account)

    def probe() -> None:
        for _ in range(40):
            for claim in backlog.take(1):
                backlog.postpone(claim)

    def retry() -> None:
        for _ in range(40):
            with suppress(Conflict):
                decide(decisions.retry, message)

    both = iter([probe, retry])
    together(lambda: next(both)(), threads=2)

    with db.reading() as session:
        assert session.get_one(FeedRow, account).probes > 0
