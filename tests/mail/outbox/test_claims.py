"""Claims: who takes what, when, and how many at once."""

from uuid import UUID

import pytest
from sqlalchemy import text

from portal import clock, db
from portal.config import Config
from portal.mail.journal import Event
from portal.mail.outbox import Claim, ClaimLost, Priority, State, claims
from tests.conftest import Passing
from tests.crowd import together
from tests.mail import backlog

LEASE = claims.LEASE.total_seconds()
HIGH, NORMAL, LOW = Priority.HIGH, Priority.NORMAL, Priority.LOW


def test_the_most_urgent_goes_first_then_who_waits_longest(
    account: UUID, passes: Passing
) -> None:
    put = {}
    for name, priority in [
        ("late low", LOW),
        ("first", NORMAL),
        ("urgent", HIGH),
        ("second", NORMAL),
        ("urgent too", HIGH),
    ]:
        put[backlog.put(account, priority=priority)] = name
        passes(seconds=1)

    order = [put[message] for _ in range(5) for message in backlog.taken(wanted=1)]

    assert order == ["urgent", "urgent too", "first", "second", "late low"]


def test_one_claim_of_many_keeps_the_order(
    either_house: Config, passes: Passing
) -> None:
    one, other = backlog.account(), db.new_id()
    for account in (one, other):
        backlog.open_lane(account)
    put = []
    for account in (one, other, one, other):
        put.append(backlog.put(account))
        passes(seconds=1)

    assert backlog.taken(wanted=3) == put[:3]


def test_a_claim_tells_what_a_worker_needs(account: UUID, passes: Passing) -> None:
    message = backlog.put(account)

    [claim] = backlog.take()

    assert (claim.message_id, claim.account_id) == (message, account)
    assert (claim.attempt, claim.doubted, claim.looks) == (1, False, 0)
    assert claim.leased_until == clock.now() + claims.LEASE
    assert claim.bcc == ("hidden@fabrikam.example",)
    assert str(claim.token) not in repr(claim)
    assert backlog.events(message) == [Event.ACCEPTED, Event.SENDING]
    assert backlog.state(message) is State.SENDING


def test_no_more_is_claimed_than_wanted(account: UUID) -> None:
    for _ in range(5):
        backlog.put(account)

    assert [len(backlog.take(wanted)) for wanted in (2, 0, 2, 2)] == [2, 0, 2, 1]


def test_a_lane_is_filled_up_to_its_limit_and_again_when_one_ends(
    either_house: Config,
) -> None:
    account = backlog.account()
    backlog.open_lane(account, in_flight=4)
    for _ in range(9):
        backlog.put(account)

    running = backlog.take(wanted=3) + backlog.take(wanted=3)
    assert len(running) == 4
    assert backlog.take() == []

    backlog.settle(running[0])
    assert len(backlog.take()) == 1


def test_questions_leave_half_of_a_lane_to_mail(
    either_house: Config, passes: Passing
) -> None:
    account = backlog.account()
    backlog.open_lane(account, in_flight=4)
    for _ in range(10):
        backlog.put(account)
    for claim in backlog.take(wanted=4):
        backlog.doubt(claim)
    passes(seconds=5)

    first = backlog.take()
    for claim in first[2:]:
        backlog.settle(claim)
    second = backlog.take()

    assert [claim.doubted for claim in first] == [True, True, False, False]
    assert [claim.doubted for claim in second] == [False, False]


def test_several_workers_together_stay_within_the_limit_of_a_lane(
    either_house: Config,
) -> None:
    account = backlog.account()
    backlog.open_lane(account, in_flight=4)
    for _ in range(20):
        backlog.put(account)
    running: list[Claim] = []

    def work() -> None:
        for _ in range(5):
            running.extend(backlog.take(wanted=8))

    together(work)

    assert len(running) == 4


def test_two_workers_never_take_the_same_message(either_house: Config) -> None:
    one, other = backlog.account(), db.new_id()
    backlog.open_lane(one)
    backlog.open_lane(other, key="tenant/other")
    put = {backlog.put(account) for account in (one, other) for _ in range(20)}
    running: list[UUID] = []

    def work() -> None:
        for _ in range(200):
            running.extend(backlog.taken(wanted=2))
            if len(running) >= len(put):
                return

    together(work)

    assert sorted(running) == sorted(put)


def test_an_account_that_changes_lanes_mid_way_sends_nothing_twice(
    account: UUID,
) -> None:
    put = {backlog.put(account) for _ in range(20)}
    running: list[UUID] = []
    turns = iter(range(10_000))

    def work() -> None:
        for _ in range(200):
            backlog.open_lane(account, key=f"tenant/{next(turns) % 2}")
            running.extend(backlog.taken(wanted=1))
            if len(running) >= len(put):
                return

    backlog.open_lane(account, key="tenant/0")
    backlog.open_lane(account, key="tenant/1")
    together(work, threads=4)

    assert sorted(running) == sorted(put)


def test_a_lane_that_somebody_claims_from_is_left_to_him(
    postgres_house: Config,
) -> None:
    account = backlog.account()
    backlog.open_lane(account, in_flight=4)
    for _ in range(6):
        backlog.put(account)

    with db.session() as first, db.session() as second:
        assert len(claims.take(first, "w1", 3)) == 3
        second.execute(text("SET LOCAL lock_timeout = '2s'"))
        assert claims.take(second, "w2", 3) == []

    assert len(backlog.take()) == 1


def test_a_lease_is_renewed_while_it_is_ours(account: UUID, passes: Passing) -> None:
    message = backlog.put(account)
    [claim] = backlog.take()

    passes(seconds=LEASE - 1)
    backlog.begin(claim)
    passes(seconds=LEASE - 1)
    assert backlog.recover() == 0

    passes(seconds=1)
    assert backlog.recover() == 1
    with pytest.raises(ClaimLost):
        backlog.begin(claim)
    assert backlog.state(message) is State.SENDING


def test_claiming_reads_nothing_but_what_waits(house: Config, passes: Passing) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    for _ in range(3):
        backlog.put(account)
    backlog.take(wanted=1)
    passes(seconds=LEASE)

    with backlog.spoken() as said:
        backlog.recover()
        backlog.expire()
        assert len(backlog.take()) == 2

    steps = [step for step in backlog.plans(said) if " message" in step]
    assert {step for step in steps if not step.startswith("SEARCH")} == {
        "SCAN message USING INDEX ix_message_leased"  # nothing but what is claimed
    }
    assert {step.split()[4] for step in steps} == {
        "ix_message_waiting",
        "ix_message_leased",
        "ix_message_looking",
        "ix_message_expiring",
        "sqlite_autoindex_message_1",  # the primary key
    }


def test_the_next_message_is_found_without_sorting(house: Config) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    backlog.put(account)

    with backlog.spoken() as said:
        backlog.take()

    asked = [each for each in said if "ORDER BY message.priority" in each[0]]
    assert len(asked) == 1
    assert [step for step in backlog.plans(asked) if "TEMP B-TREE" in step] == []
