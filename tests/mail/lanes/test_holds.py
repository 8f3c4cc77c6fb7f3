"""Holds: who waits for a human, why, and what is tried meanwhile."""

from uuid import UUID

from portal import clock, db
from portal.config import Config
from portal.mail import lanes
from portal.mail.lanes import FeedRow
from portal.mail.outbox import State
from tests.conftest import Passing
from tests.mail import backlog

LACKING = lanes.Hold(reason="It lacks a right.", command="Add-Right 'a' 'b'")


def holding(account_id: UUID) -> lanes.Hold | None:
    with db.reading() as session:
        return lanes.holding(session, account_id)


def release(account_id: UUID) -> bool:
    with db.session() as session:
        return lanes.release(session, account_id)


def close(account_id: UUID, reason: str = "") -> None:
    with db.session() as session:
        lanes.close(session, account_id, reason)


def probe_now(account_id: UUID) -> None:
    with db.session() as session:
        lanes.probe(session, account_id)


def probe(account_id: UUID) -> UUID | None:
    """Send what a held account may try; give it back, as the mailbox is still full."""
    claims = backlog.take()
    assert len(claims) <= 1
    for claim in claims:
        backlog.postpone(claim)
    return claims[0].message_id if claims else None


def test_a_held_account_shows_its_reason_and_starts_nothing(
    account: UUID, passes: Passing
) -> None:
    message = backlog.put(account)

    assert backlog.hold(account, "The mailbox is full.") is True

    assert backlog.take() == []
    assert backlog.state(message) is State.HELD
    assert backlog.record(message).reason == "The mailbox is full."
    assert holding(account) == lanes.Hold(
        reason="The mailbox is full.", since=clock.now()
    )


def test_a_hold_tells_the_command_that_ends_it(account: UUID) -> None:
    message = backlog.put(account)

    with db.session() as session:
        lanes.hold(session, account, LACKING)

    hold = holding(account)
    assert hold
    assert hold.command == "Add-Right 'a' 'b'"
    told = "It lacks a right. Command: Add-Right 'a' 'b'"
    assert (hold.advice, backlog.record(message).reason) == (told, told)


def test_another_hold_has_another_command(account: UUID) -> None:
    with db.session() as session:
        lanes.hold(session, account, LACKING)

    backlog.hold(account, "The mailbox is full.")

    hold = holding(account)
    assert hold
    assert hold.advice == "The mailbox is full."


def test_an_account_is_held_once_and_keeps_since_when(
    account: UUID, passes: Passing
) -> None:
    backlog.hold(account)
    since = clock.now()
    passes(minutes=5)

    assert backlog.hold(account, "The mailbox is blocked.") is False

    assert holding(account) == lanes.Hold(reason="The mailbox is blocked.", since=since)


def test_a_released_account_goes_on(account: UUID) -> None:
    message = backlog.put(account)
    backlog.hold(account)

    assert release(account) is True
    assert release(account) is False

    assert holding(account) is None
    assert backlog.taken() == [message]


def test_an_account_that_is_connected_again_is_released(account: UUID) -> None:
    backlog.hold(account)

    backlog.open_lane(account, key="tenant/another mailbox")

    assert holding(account) is None


def test_what_is_closed_waits_for_a_connection(account: UUID) -> None:
    backlog.hold(account)
    message = backlog.put(account)

    close(account)

    assert backlog.take() == []
    assert backlog.state(message) is State.HELD
    assert holding(account) == lanes.NO_CONNECTION


def test_what_is_closed_for_a_reason_tells_it(account: UUID, passes: Passing) -> None:
    with db.session() as session:
        lanes.hold(session, account, LACKING)
    passes(minutes=5)

    close(account, "The settings were reset.")

    assert holding(account) == lanes.Hold(
        reason="The settings were reset.", since=clock.now()
    )


def test_only_a_new_lane_opens_what_was_closed(account: UUID, passes: Passing) -> None:
    message = backlog.put(account)
    close(account, "The settings were reset.")
    probe_now(account)
    passes(hours=1)

    assert release(account) is False
    assert backlog.take() == []

    backlog.open_lane(account)
    assert holding(account) is None
    assert backlog.taken() == [message]


def test_a_late_hold_does_not_hide_why_it_was_closed(account: UUID) -> None:
    close(account, "The settings were reset.")

    assert backlog.hold(account, "The mailbox is full.") is False

    hold = holding(account)
    assert hold
    assert hold.reason == "The settings were reset."


def test_an_account_that_never_had_a_lane_can_be_closed(either_house: Config) -> None:
    account = backlog.account()

    close(account)

    assert holding(account) == lanes.NO_CONNECTION


def test_a_held_account_can_be_let_try_at_once(account: UUID, passes: Passing) -> None:
    messages = [backlog.put(account) for _ in range(3)]
    backlog.hold(account)

    probe_now(account)

    assert backlog.taken() == messages[:1]
    assert backlog.take() == []


def test_who_flows_needs_no_probe(account: UUID) -> None:
    probe_now(account)

    with db.reading() as session:
        assert session.get_one(FeedRow, account).probe_at is None


def test_a_held_account_tries_one_message_after_15_minutes(
    account: UUID, passes: Passing
) -> None:
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
