"""A retry: at once, alone, and with the time that a message has left."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest

from portal import clock, db
from portal.config import Config
from portal.errors import Conflict
from portal.mail import lanes
from portal.mail.lanes import FeedRow
from portal.mail.outbox import (
    State,
    decisions,
    overdue,
)
from tests.conftest import Passing
from tests.crowd import together
from tests.mail import backlog
from tests.mail.outbox.deciding import decide, make


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
