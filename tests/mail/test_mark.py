"""The high-water mark: it only rises, and only for its own database."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from portal import clock, db, vault
from portal.config import Config
from portal.errors import ConfigError
from portal.mail import mark
from tests.conftest import Passing
from tests.crowd import together
from tests.mail import backlog

SECOND = timedelta(seconds=1)


def reached() -> datetime | None:
    with db.reading() as session:
        return mark.reached(session)


def behind(house: Config) -> datetime | None:
    with db.reading() as session:
        return mark.behind(session, house.instance)


def catch_up(seen: datetime) -> bool:
    with db.session() as session:
        return mark.catch_up(session, seen)


@pytest.fixture
def claimed_at(account: UUID, passes: Passing) -> datetime:
    """Claim something; return when."""
    backlog.put(account)
    backlog.take()
    return clock.now()


def test_nothing_is_reached_before_the_first_claim(either_house: Config) -> None:
    account = backlog.account()
    assert reached() is None

    backlog.open_lane(account)

    assert reached() is None


def test_the_last_claim_is_reached(claimed_at: datetime) -> None:
    assert reached() == claimed_at


def test_without_a_mark_no_database_is_behind(
    either_house: Config, claimed_at: datetime
) -> None:
    assert behind(either_house) is None


def test_a_database_is_behind_a_mark_it_has_not_reached(
    either_house: Config, claimed_at: datetime
) -> None:
    mark.advance(either_house.instance, claimed_at)
    assert behind(either_house) is None

    mark.advance(either_house.instance, claimed_at + timedelta(microseconds=1))

    assert behind(either_house) == claimed_at + timedelta(microseconds=1)


def test_a_mark_never_goes_back(either_house: Config, claimed_at: datetime) -> None:
    for seconds in (2, 1, 0):
        mark.advance(either_house.instance, claimed_at + seconds * SECOND)

    assert behind(either_house) == claimed_at + 2 * SECOND


def test_the_last_of_many_at_once_stays(
    either_house: Config, claimed_at: datetime
) -> None:
    numbers = iter(range(4))

    def advance() -> None:
        number = next(numbers)
        for step in range(50):
            moment = claimed_at + (number + 4 * step) * SECOND
            mark.advance(either_house.instance, moment)

    together(advance, threads=4)

    assert behind(either_house) == claimed_at + 199 * SECOND


def test_a_database_that_has_caught_up_is_behind_no_machine(
    either_house: Config, claimed_at: datetime
) -> None:
    mark.advance(either_house.instance, claimed_at - 9 * SECOND)

    assert catch_up(claimed_at + SECOND)

    assert behind(either_house) is None
    assert reached() == claimed_at + SECOND


def test_a_database_without_a_mailbox_can_only_be_forgotten(
    either_house: Config,
) -> None:
    mark.advance(either_house.instance, clock.now())
    assert behind(either_house)
    assert not catch_up(clock.now())

    mark.forget(either_house.instance)

    assert behind(either_house) is None


def test_another_database_is_no_older_one(house: Config) -> None:
    mark.advance(house.instance, clock.now())

    vault.unlock(vault.Ring([b"k" * 32]), b"of another database")

    assert behind(house) is None


@pytest.mark.parametrize("content", [b"", b"\0" * 51, b"a\xffb c", b"yesterday"])
def test_what_cannot_be_read_is_no_mark(house: Config, content: bytes) -> None:
    (house.instance / mark.NAME).write_bytes(content)

    assert behind(house) is None


def test_a_mark_that_is_not_ours_to_read_is_told(house: Config) -> None:
    (house.instance / mark.NAME).mkdir()

    with pytest.raises(ConfigError, match="cannot be read"):
        behind(house)


def test_it_is_for_nobody_elses_eyes(house: Config) -> None:
    mark.advance(house.instance, clock.now())

    path = Path(house.instance, mark.NAME)
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(path.read_bytes()) == mark.LINE_BYTES


def test_each_claim_reaches_further_however_the_clock_is_set(
    account: UUID, passes: Passing
) -> None:
    known = []
    for seconds in (0, 0, -3600):
        passes(seconds=seconds)
        backlog.put(account)
        [claim] = backlog.take()
        known.append(claim.claimed_at)

    assert known == sorted(set(filter(None, known)))
