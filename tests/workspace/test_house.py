"""Opening the house: what is missing is made, what is wrong is told in a sentence."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from portal import clock, db, vault
from portal.config import Config
from portal.errors import ConfigError, DatabaseAway
from portal.workspace import accounts
from portal.workspace import house as open_house
from tests.conftest import close


def test_a_first_start_needs_nothing_but_a_place(settings: Config) -> None:
    deep = settings.instance / "of" / "mail"
    where = replace(settings, instance=deep, database_url=f"sqlite:///{deep}/portal.db")

    open_house.open_up(where)

    with db.reading() as session:
        assert accounts.find(session).name == accounts.DEFAULT_NAME
    close()


def test_a_place_that_cannot_be_made_is_told(settings: Config, tmp_path: Path) -> None:
    (tmp_path / "a file").touch()

    with pytest.raises(ConfigError, match="cannot be made"):
        open_house.open_up(replace(settings, instance=tmp_path / "a file" / "instance"))


def test_a_database_that_is_away_is_told_without_its_password(
    settings: Config,
) -> None:
    away = "postgresql+psycopg://portal:geheim@127.0.0.1:1/mail"

    with pytest.raises(DatabaseAway, match="cannot be opened") as error:
        open_house.open_up(replace(settings, database_url=away))

    assert "geheim" not in str(error.value)
    close()


def test_opening_twice_is_as_good_as_once(either_house: Config) -> None:
    open_house.open_up(either_house)

    with db.reading() as session:
        assert len(accounts.every(session)) == 1


@pytest.mark.parametrize("seconds", [-40, 40])
def test_a_machine_whose_clock_is_wrong_is_not_started(
    postgres_house: Config, seconds: int
) -> None:
    wrong = datetime.now(UTC) + timedelta(seconds=seconds)

    with (
        time_machine.travel(wrong, tick=False),
        pytest.raises(ConfigError, match=r"too far apart.*chrony") as error,
    ):
        open_house.open_up(postgres_house)

    assert f"{wrong:%H:%M:%S} UTC on this machine" in str(error.value)
    assert not vault.unlocked()


def test_a_clock_that_is_a_little_wrong_is_measured(postgres_house: Config) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=20)):
        open_house.open_up(postgres_house)

        with db.reading() as session:
            assert abs(clock.now() - db.server_time(session)) < timedelta(seconds=10)


def test_sqlite_has_the_clock_of_its_machine(house: Config) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(days=365)):
        open_house.open_up(house)

        assert vault.unlocked()


def test_a_clock_that_drifts_later_stops_no_worker(postgres_house: Config) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1)):
        ahead = open_house.set_clock()

    assert round(ahead / timedelta(hours=1)) == -1
