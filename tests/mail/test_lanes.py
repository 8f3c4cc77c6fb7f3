"""Lanes: what is charged, what is paused, and who waits for a human."""

from datetime import timedelta
from uuid import UUID

from portal import clock, db
from portal.config import Config
from portal.mail import lanes
from portal.mail.lanes import FeedRow, LaneRow
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


def release(account_id: UUID) -> bool:
    with db.session() as session:
        return lanes.release(session, account_id)


def probe(account_id: UUID) -> UUID | None:
    """Send what a held account may try; give it back, as the mailbox is still full."""
    claims = backlog.take()
    assert len(claims) <= 1
    for claim in claims:
        backlog.postpone(claim)
    return claims[0].message_id if claims else None


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
    either_house: Config, passes: Passing
) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    message = backlog.put(account)

    pause(seconds=60)
    passes(seconds=59)
    assert backlog.take() == []

    passes(seconds=1)
    assert backlog.taken() == [message]


def test_a_shorter_pause_does_not_end_a_longer_one(
    either_house: Config, passes: Passing
) -> None:
    account = backlog.account()
    backlog.open_lane(account)
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


def test_a_held_account_shows_its_reason_and_starts_nothing(
    either_house: Config, passes: Passing
) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    message = backlog.put(account)

    assert backlog.hold(account, "The mailbox is full.") is True

    assert backlog.take() == []
    assert backlog.state(message) is State.HELD
    assert backlog.record(message).reason == "The mailbox is full."
    assert holding(account) == lanes.Hold(
        reason="The mailbox is full.", since=clock.now()
    )


def test_an_account_is_held_once_and_keeps_since_when(
    either_house: Config, passes: Passing
) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    backlog.hold(account)
    since = clock.now()
    passes(minutes=5)

    assert backlog.hold(account, "The mailbox is blocked.") is False

    assert holding(account) == lanes.Hold(reason="The mailbox is blocked.", since=since)


def test_a_released_account_goes_on(either_house: Config) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    message = backlog.put(account)
    backlog.hold(account)

    assert release(account) is True
    assert release(account) is False

    assert holding(account) is None
    assert backlog.taken() == [message]


def test_an_account_that_is_connected_again_is_released(either_house: Config) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    backlog.hold(account)

    backlog.open_lane(account, key="tenant/another mailbox")

    assert holding(account) is None


def test_a_held_account_tries_one_message_after_15_minutes(
    either_house: Config, passes: Passing
) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    messages = [backlog.put(account) for _ in range(3)]
    backlog.hold(account)

    passes(minutes=15, seconds=-1)
    assert backlog.take() == []

    passes(seconds=1)
    assert backlog.taken() == messages[:1]
    assert backlog.take() == []


def test_probes_go_every_15_minutes_four_times_then_hourly(
    house: Config, passes: Passing
) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    backlog.put(account)
    backlog.hold(account)

    probed = []
    for minute in range(1, 300):
        passes(minutes=1)
        if probe(account):
            probed.append(minute)

    assert probed == [15, 30, 45, 60, 120, 180, 240]


def test_a_probe_is_counted_only_when_there_is_one(
    house: Config, passes: Passing
) -> None:
    held, flowing = backlog.account(), db.new_id()
    for account in (held, flowing):
        backlog.open_lane(account)
    backlog.hold(held)
    passes(minutes=15)
    backlog.put(flowing)
    assert len(backlog.take()) == 1

    with db.reading() as session:
        assert session.get_one(FeedRow, held).probes == 0


def test_a_probe_shares_the_lane_with_those_who_flow(
    house: Config, passes: Passing
) -> None:
    held, flowing = backlog.account(), db.new_id()
    for account in (held, flowing):
        backlog.open_lane(account, in_flight=3)
        for _ in range(2):
            backlog.put(account)
    backlog.hold(held)
    passes(minutes=15)

    assert sorted(claim.account_id == held for claim in backlog.take()) == [
        False,
        False,
        True,
    ]
