"""Opening the house: what is missing is made, what is wrong is told in a sentence."""

from dataclasses import replace
from pathlib import Path

import pytest

from portal import db
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
