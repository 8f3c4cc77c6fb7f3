"""How many messages a key may bring in a minute, and what spends them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from portal import clock
from portal.config import Config
from portal.errors import (
    TooLarge,
    TooManyMessages,
)
from portal.intake import desk
from portal.workspace.people.limits import Limits
from tests import keyring, stored
from tests.conftest import Passing
from tests.crowd import together
from tests.intake.limited import endless, form, send


def test_so_many_come_at_once_and_then_one_for_each_share_of_the_minute(
    either_house: Config, passes: Passing
) -> None:
    ben = keyring.made(per_minute=3)
    for _ in range(3):
        send(ben)

    with pytest.raises(TooManyMessages, match="3 messages a minute.* in 20 s") as told:
        send(ben)
    assert told.value.after == timedelta(seconds=20)

    passes(seconds=20)
    assert send(ben)
    with pytest.raises(TooManyMessages):
        send(ben)
    assert stored.rows("message") == 4


@pytest.mark.parametrize("count", [1, 7, 59, 61, 997])
def test_a_minute_holds_all_of_its_messages(count: int) -> None:
    limits, now = Limits(per_minute=count), clock.now()
    full_at: datetime | None = None

    for _ in range(count):
        full_at = limits.spend(full_at, now)

    with pytest.raises(TooManyMessages):
        limits.spend(full_at, now)


def test_many_at_once_get_no_more_than_a_bucket_holds(either_house: Config) -> None:
    ben, refused = keyring.made(per_minute=4), []

    def bring() -> None:
        try:
            send(ben)
        except TooManyMessages as error:
            refused.append(error)

    together(bring, threads=10)

    assert stored.rows("message") == 4
    assert len(refused) == 6


def test_a_clock_that_was_set_back_keeps_nobody_waiting_for_hours(
    house: Config, passes: Passing
) -> None:
    ben = keyring.made(per_minute=1)
    send(ben)

    passes(hours=-5)

    assert send(ben)
    with pytest.raises(TooManyMessages, match="in 60 s"):
        send(ben)


def test_a_clock_that_was_set_back_a_little_gives_nothing_away(
    house: Config, passes: Passing
) -> None:
    ben = keyring.made(per_minute=1)
    send(ben)

    passes(seconds=-30)

    with pytest.raises(TooManyMessages, match="in 90 s"):
        send(ben)


def test_what_came_before_spends_nothing(house: Config) -> None:
    once = replace(keyring.made(per_minute=1), idempotency_key="7")

    assert send(once) == send(once)


def test_what_is_refused_spends_nothing(house: Config) -> None:
    ben = keyring.made(per_minute=1, max_size=10_000)
    with pytest.raises(TooLarge):
        send(ben, text="x" * 20_000)

    assert send(ben)


def test_an_empty_bucket_is_told_before_the_files_have_come(house: Config) -> None:
    ben, taken = keyring.made(per_minute=1), list[int]()
    send(ben)

    with pytest.raises(TooManyMessages):
        desk.gather(form(endless(taken), message_first=True), ben)

    assert taken == []
