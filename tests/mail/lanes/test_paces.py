"""What a lane may spend: budgets over all workers, and a pace if one is set."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from portal import clock, config, db
from portal.mail import lanes
from portal.mail.lanes import LaneRow, charges
from portal.mail.outbox import Priority, claims
from portal.mail.outbox.records import forecast
from tests.conftest import Passing
from tests.crowd import together
from tests.mail import backlog

RECHECK = claims.RECHECK.total_seconds()


def limited(account: UUID, per_minute: int | None = None, **limits: Any) -> None:
    """Set the environment's limits, and the account's pace."""
    config.use(replace(config.current(), **limits))
    with db.session() as session:
        lanes.pace(session, account, per_minute)


def finish(claimed: int = 100) -> int:
    """Send what may go now; return how many."""
    taken = backlog.take(claimed)
    for claim in taken:
        backlog.settle(claim)
    return len(taken)


def spend(**cost: int) -> None:
    with db.session() as session:
        lane = session.query(LaneRow).one()
        charges.spend(session, lane.id, cost)


def test_a_pace_lets_so_many_go_in_a_minute(account: UUID, passes: Passing) -> None:
    limited(account, messages_per_minute=5)
    for _ in range(12):
        backlog.put(account)

    sent = []
    for _ in range(20):
        sent.append(finish())
        passes(seconds=RECHECK)

    assert sum(sent) == 12
    assert all(sum(sent[n : n + 6]) <= 5 for n in range(15))


def test_the_own_pace_of_an_account_wins(account: UUID) -> None:
    limited(account, 3, messages_per_minute=5)
    for _ in range(8):
        backlog.put(account)

    assert finish() == 3


def test_another_pace_counts_as_soon_as_the_lane_is_looked_at_again(
    account: UUID, passes: Passing
) -> None:
    limited(account, 3)
    for _ in range(8):
        backlog.put(account)
    assert finish() == 3

    limited(account, 0)

    assert finish() == 0
    passes(seconds=RECHECK)
    assert finish() == 5


def test_an_account_may_have_no_pace(account: UUID) -> None:
    limited(account, 0, messages_per_minute=5)
    for _ in range(8):
        backlog.put(account)

    assert finish() == 8


def test_the_slowest_account_of_a_mailbox_sets_its_pace(
    account: UUID, passes: Passing
) -> None:
    other = db.new_id()
    backlog.open_lane(other)
    limited(account, 2)
    for _ in range(4):
        backlog.put(other)

    assert finish() == 2


def test_recipients_are_counted_for_a_day(account: UUID, passes: Passing) -> None:
    limited(account, recipients_per_day=5)  # two a message
    for _ in range(4):
        backlog.put(account)
    assert finish() == 2

    passes(hours=23)
    assert finish() == 0
    passes(hours=2)
    assert finish() == 2


@pytest.mark.parametrize("cost", [{"requests": 9_500}, {"bytes": 150_000_000}])
def test_the_limits_of_microsoft_are_kept(
    account: UUID, passes: Passing, cost: dict[str, int]
) -> None:
    backlog.put(account)
    spend(**cost)

    assert finish() == 0
    passes(minutes=11)
    assert finish() == 1


def test_what_does_not_fit_yet_is_not_overtaken(account: UUID) -> None:
    limited(account, recipients_per_day=3)
    spend(recipients=2)
    large = backlog.put(account)

    assert finish() == 0
    backlog.put(account, priority=Priority.LOW)

    assert finish() == 0
    assert backlog.events(large)[-1] == "accepted"


def test_a_lane_without_budget_is_left_alone_for_a_while(
    account: UUID, passes: Passing
) -> None:
    limited(account, recipients_per_day=2)
    spend(recipients=2)
    backlog.put(account)
    backlog.take()
    limited(account, recipients_per_day=0)

    passes(seconds=RECHECK - 1)
    assert finish() == 0
    passes(seconds=1)
    assert finish() == 1


def test_what_is_unsure_is_looked_up_without_budget(
    account: UUID, passes: Passing
) -> None:
    backlog.put(account)
    [claim] = backlog.take()
    backlog.doubt(claim)
    spend(requests=9_500)
    passes(seconds=5)

    [again] = backlog.take()

    assert again.doubted


def test_workers_together_keep_a_budget(account: UUID) -> None:
    limited(account, 7)
    for _ in range(30):
        backlog.put(account)
    taken: list[int] = []

    together(lambda: taken.append(len(backlog.take(5))))
    together(lambda: taken.append(len(backlog.take(5))))

    assert sum(taken) == 7


def test_it_is_foretold_when_the_queue_is_through(
    account: UUID, passes: Passing
) -> None:
    limited(account, 6)
    for _ in range(6 + 30):
        backlog.put(account)
    finish()

    with db.reading() as session:
        through = forecast.through_at(session, account)
    passes(minutes=5)

    assert through == clock.now()
