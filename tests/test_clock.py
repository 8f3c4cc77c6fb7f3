"""The time that counts is the database's."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from portal import clock, db
from portal.config import Config
from portal.workspace import house as open_house

NEAR = timedelta(seconds=5)


@pytest.fixture(autouse=True)
def right_again() -> Iterator[None]:
    """Put the clock back."""
    yield
    clock.go_by(datetime.now(UTC))


def test_it_is_aware_and_in_utc() -> None:
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC)) < NEAR


def test_a_machine_that_is_wrong_follows_the_database() -> None:
    clock.go_by(datetime.now(UTC) - timedelta(hours=1))

    assert abs(clock.now() - (datetime.now(UTC) - timedelta(hours=1))) < NEAR


def test_opening_a_house_again_measures_afresh(either_house: Config) -> None:
    clock.go_by(datetime.now(UTC) + timedelta(hours=1))

    open_house.open_up(either_house)

    with db.reading() as session:
        assert abs(clock.now() - db.server_time(session)) < NEAR
