"""Lanes: what is charged, what is paused, and which account feeds which."""

from datetime import timedelta
from uuid import UUID

from portal import clock, db
from portal.config import Config
from portal.mail import lanes
from portal.mail.lanes import LaneRow
from portal.mail.outbox import State
from tests.conftest import Passing
from tests.mail import backlog


def pause(**duration: float) -> None:
    with db.session() as session:
        lane = session.query(LaneRow).one()
        lanes.pause(session, lane.id, clock.now() + timedelta(**duration))


def holding(account_id: UUID) -> lanes.Hold | None:
    with db.reading() as session:
        return lanes.holding(session, account_id)


def test_an_account_without_a_lane_is_shown_as_held(either_house: Config) -> None:
    account = backlog.account()
    message = backlog.put(account)

    assert backlog.take() == []
    assert backlog.state(message) is State.HELD
    assert holding(account) == lanes.NO_CONNECTION
    assert backlog.record(message).next_attempt_at is None


def test_what_waited_for_a_lane_goes_when_there_is_one(either_house: Config) -> None:
    account = backlog.account()
    message = backlog.put(account)

    backlog.open_lane(account)

    assert backlog.state(message) is State.QUEUED
    assert backlog.taken() == [message]


def test_accounts_of_one_mailbox_share_a_lane(either_house: Config) -> None:
    one, other = backlog.account(), db.new_id()
    backlog.open_lane(one, in_flight=3)
    backlog.open_lane(other, in_flight=3)
    for _ in range(3):
        backlog.put(one)
        backlog.put(other)

    assert len(backlog.take()) == 3
    assert backlog.take() == []


def test_a_lane_takes_the_limit_it_was_last_given(either_house: Config) -> None:
    account = backlog.account()
    backlog.open_lane(account, in_flight=4)
    backlog.open_lane(account, in_flight=2)
    for _ in range(4):
        backlog.put(account)

    assert len(backlog.take()) == 2


def test_a_limit_for_all_holds_from_the_next_claim(either_house: Config) -> None:
    account = backlog.account()
    backlog.open_lane(account, in_flight=4)
    for _ in range(6):
        backlog.put(account)

    with db.session() as session:
        lanes.allow(session, 2)

    assert len(backlog.take()) == 2


def test_a_lane_whose_limit_shrank_below_what_runs_starts_nothing(
    either_house: Config,
) -> None:
    account = backlog.account()
    backlog.open_lane(account, in_flight=4)
    for _ in range(6):
        backlog.put(account)
    backlog.take()
    backlog.open_lane(account, in_flight=1)

    assert backlog.take() == []


def test_an_account_that_moves_takes_its_messages_along(either_house: Config) -> None:
    account = backlog.account()
    backlog.open_lane(account, key="tenant/old")
    messages = [backlog.put(account), backlog.put(account)]
    backlog.take(wanted=1)

    backlog.open_lane(account, key="tenant/new")

    assert backlog.taken() == [messages[1]]


def test_a_paused_lane_starts_nothing_until_its_time(
    account: UUID, passes: Passing
) -> None:
    message = backlog.put(account)

    pause(seconds=60)
    passes(seconds=59)
    assert backlog.take() == []

    passes(seconds=1)
    assert backlog.taken() == [message]


def test_a_shorter_pause_does_not_end_a_longer_one(
    account: UUID, passes: Passing
) -> None:
    backlog.put(account)
    pause(seconds=60)

    pause(seconds=5)
    passes(seconds=30)

    assert backlog.take() == []


def test_a_paused_lane_leaves_others_alone(either_house: Config) -> None:
    one, other = backlog.account(), db.new_id()
    backlog.open_lane(one)
    pause(seconds=60)
    backlog.open_lane(other, key="tenant/other")
    backlog.put(one)
    message = backlog.put(other)

    assert backlog.taken() == [message]
