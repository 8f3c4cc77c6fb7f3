"""Budgets: what is spent in a window, and when there is room again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.config import Config
from portal.mail.lanes import budgets
from portal.mail.lanes.budgets import BUDGETS, MESSAGES, RECIPIENTS, REQUESTS, Spent

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def spent(*when: tuple[timedelta, int], name: str = REQUESTS.name) -> Spent:
    """Return what is spent after so much at each of these times after noon."""
    known: Spent = {}
    for after, amount in when:
        known = budgets.spend(known, {name: amount}, NOON + after)
    return known


@pytest.mark.parametrize("budget", BUDGETS.values(), ids=BUDGETS)
def test_what_is_spent_counts_for_a_whole_window(budget: budgets.Budget) -> None:
    known = budgets.spend({}, {budget.name: 3}, NOON)

    just_before = NOON + budget.window
    after = just_before + timedelta(seconds=budget.slot_seconds)
    assert budgets.used(known, budget, just_before) == 3
    assert budgets.used(known, budget, after) == 0


@given(
    st.lists(st.tuples(st.integers(0, 1800), st.integers(1, 50)), max_size=60),
    st.integers(50, 200),
)
def test_no_window_ever_holds_more_than_the_limit(
    wishes: list[tuple[int, int]], limit: int
) -> None:
    known: Spent = {}
    granted: list[tuple[datetime, int]] = []
    for seconds, amount in sorted(wishes):
        now = NOON + timedelta(seconds=seconds)
        if budgets.fits_at(known, {"requests": amount}, {"requests": limit}, now) > now:
            continue
        known = budgets.spend(known, {"requests": amount}, now)
        granted.append((now, amount))

    for end, _ in granted:
        begin = end - REQUESTS.window
        assert sum(amount for at, amount in granted if begin < at <= end) <= limit


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(1, 50)), max_size=40))
def test_there_is_room_when_it_was_foretold_and_not_before(
    spending: list[tuple[int, int]],
) -> None:
    known = spent(*((timedelta(seconds=s), n) for s, n in sorted(spending)))
    now, cost, limits = NOON + timedelta(seconds=900), {"requests": 5}, {"requests": 60}

    at = budgets.fits_at(known, cost, limits, now)

    assert budgets.fits_at(known, cost, limits, at) == at
    if at > now:
        before = at - timedelta(milliseconds=1)
        assert budgets.fits_at(known, cost, limits, before) == at


def test_what_is_larger_than_the_budget_goes_when_nothing_else_did() -> None:
    cost, limits = {"recipients": 700}, {"recipients": 500}

    known = spent((timedelta(), 1), name="recipients")

    assert budgets.fits_at({}, cost, limits, NOON) == NOON
    assert budgets.fits_at(known, cost, limits, NOON) > NOON + timedelta(hours=24)


def test_what_is_not_limited_always_fits() -> None:
    known = spent((timedelta(), 10**9), name="messages")

    assert budgets.fits_at(known, {"messages": 1}, {"requests": 1}, NOON) == NOON


def test_what_was_in_vain_is_given_back_latest_first() -> None:
    known = spent((timedelta(), 3), (timedelta(hours=1), 2), name="recipients")

    known = budgets.give_back(known, {"recipients": 4})

    later = NOON + timedelta(hours=1)
    assert budgets.used(known, RECIPIENTS, later) == 1
    assert budgets.used(known, RECIPIENTS, NOON + timedelta(hours=24, minutes=24)) == 0


def test_no_more_is_given_back_than_was_spent() -> None:
    known = budgets.give_back(spent((timedelta(), 3)), {"requests": 5, "bytes": 7})

    assert budgets.used(known, REQUESTS, NOON) == 0


def test_what_is_kept_does_not_grow() -> None:
    known: Spent = {}
    for minute in range(5000):
        cost = dict.fromkeys(BUDGETS, 1)
        known = budgets.spend(known, cost, NOON + timedelta(minutes=minute))

    assert all(len(known[each.name]) <= each.slots + 1 for each in BUDGETS.values())


def test_an_account_may_have_a_pace_of_its_own(settings: Config) -> None:
    assert "messages" not in budgets.limits(0)
    assert budgets.limits(30)["messages"] == 30
    assert budgets.limits(0)["recipients"] == 10_000


@pytest.mark.parametrize(("limits", "minutes"), [({}, 10), ({"messages": 30}, 15)])
def test_a_queue_is_foretold_by_pace_and_budget(
    limits: budgets.Limits, minutes: float
) -> None:
    known = spent((timedelta(), 30), name="messages")
    at = NOON + timedelta(seconds=30)
    cost = {"messages": 300 if not limits else 450}

    through = budgets.through_at(known, cost, limits, at)

    assert through is not None
    assert through - at == timedelta(minutes=minutes)


def test_nothing_is_foretold_of_a_mailbox_that_rests() -> None:
    assert budgets.through_at({}, {MESSAGES.name: 5}, {}, NOON) is None
