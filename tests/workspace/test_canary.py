"""A database and its keys: they fit, or nothing is opened, made or overwritten."""

import base64
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from portal import db, vault
from portal.config import Config
from portal.errors import ConfigError
from portal.workspace import house as open_house
from tests.mail import backlog

OTHER = base64.b64encode(bytes(32)).decode()
NEW = base64.b64encode(bytes(range(32))).decode()


def rows() -> Sequence[Any]:
    """Return every row of every table."""
    with db.reading() as session:
        tables = inspect(session.get_bind()).get_table_names()
        return [session.execute(text(f"SELECT * FROM {t}")).all() for t in tables]


def keys_of(settings: Config) -> Path:
    return vault.key_file(settings.instance)


def test_a_new_database_gets_a_key_that_opens_it_again(either_house: Config) -> None:
    made = keys_of(either_house).read_text()

    open_house.open_up(either_house)

    assert vault.unlocked()
    assert keys_of(either_house).read_text() == made


def test_a_wrong_key_opens_nothing_and_changes_nothing(either_house: Config) -> None:
    backlog.open_lane(backlog.account(), in_flight=2)
    before = rows()

    open_house.open_up(replace(either_house, keys=(OTHER,)))

    assert not vault.unlocked()
    assert rows() == before


def test_a_lost_key_file_is_not_replaced(either_house: Config) -> None:
    before = rows()
    keys_of(either_house).unlink()

    open_house.open_up(either_house)

    assert not vault.unlocked()
    assert rows() == before
    assert not keys_of(either_house).exists()


def test_the_right_key_brought_back_opens_all(house: Config) -> None:
    kept = keys_of(house).read_text().strip()
    keys_of(house).unlink()
    open_house.open_up(house)

    open_house.open_up(replace(house, keys=(kept,)))

    assert vault.unlocked()


def test_a_new_key_in_front_opens_with_the_old_one_behind(house: Config) -> None:
    sealed = vault.seal(b"geheim", "x")
    known = vault.fingerprint("x", [b"y"])
    old = keys_of(house).read_text().strip()

    open_house.open_up(replace(house, keys=(NEW, old)))

    assert vault.unseal(sealed, "x") == b"geheim"
    assert vault.fingerprint("x", [b"y"]) == known
    assert vault.seal(b"", "x")[:9] != sealed[:9]


def test_keys_of_the_environment_leave_the_folder_alone(settings: Config) -> None:
    open_house.open_up(replace(settings, keys=(NEW,)))

    assert vault.unlocked()
    assert not keys_of(settings).exists()
    db.disconnect()
    vault.lock()


def test_a_spoilt_canary_opens_nothing(house: Config) -> None:
    with db.session() as session:
        session.execute(text("UPDATE canary SET sealed = x'00'"))

    open_house.open_up(house)

    assert not vault.unlocked()


def test_keys_that_are_none_are_refused_and_not_quoted(house: Config) -> None:
    with pytest.raises(ConfigError, match="PORTAL_KEYS holds 1 key") as error:
        open_house.open_up(replace(house, keys=("geheim",)))

    assert "geheim" not in str(error.value)
    assert not vault.unlocked()


def test_the_key_is_nowhere_in_the_database(house: Config) -> None:
    key = keys_of(house).read_text().strip()
    db.disconnect()

    stored = (house.instance / "portal.db").read_bytes()

    assert base64.b64decode(key) not in stored
    assert key.encode() not in stored
