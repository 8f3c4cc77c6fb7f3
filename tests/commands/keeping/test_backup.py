"""`portal backup` and `portal restore`: whole, checked, and nothing sent twice."""

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from portal import config, db, vault
from portal.config import Config
from portal.mail import mark
from portal.workspace import house as open_house
from tests import stored, trip
from tests.terminal import Ran, portal

NOBODY = 65534


def queued(ran: Ran) -> str:
    assert ran.code == 0
    return ran.out.split()[0]


def database(house: Config) -> Path:
    return house.instance / "portal.db"


def leave() -> None:
    """Stop using the database, as all parts do that were stopped."""
    db.disconnect()


def held(house: Config) -> int:
    open_house.open_up(house)
    with db.reading() as session:
        rows = session.connection().exec_driver_sql(
            "SELECT state, doubted FROM message"
        )
        return sum(tuple(row) == ("held", 1) for row in rows)


@pytest.fixture
def saved(house: Config, tmp_path: Path) -> Path:
    """Make a backup of a house with one message that waits."""
    trip.register()
    queued(portal("send", "--to", "jane@example.com", "--text", "Hi"))
    path = tmp_path / "backup"
    assert portal("backup", str(path)).code == 0
    return path


def test_a_backup_is_one_file_for_our_eyes_without_the_keys(
    house: Config, saved: Path
) -> None:
    again = portal("backup", str(saved.with_name("other")))

    key = vault.key_file(house.instance).read_bytes().strip()
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert key not in saved.read_bytes()
    assert "The keys are not in it" in again.err
    assert sorted(saved.parent.glob("backup*")) == [saved]


def test_what_waited_is_held_after_a_restore(house: Config, saved: Path) -> None:
    queued(portal("send", "--to", "joe@example.com", "--text", "Later"))
    leave()

    ran = portal("restore", str(saved), "--force")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith("Held, for it may have been sent since: 1\n")
    assert held(house) == 1
    assert stored.rows("message") == 1
    assert not [*house.instance.glob("portal.db.*")]


def test_on_another_machine_it_is_held_without_a_mark(
    house: Config, saved: Path, tmp_path: Path
) -> None:
    leave()
    there = replace(
        house,
        instance=tmp_path / "there",
        database_url=f"sqlite:///{tmp_path}/there/portal.db",
        keys=tuple(vault.key_file(house.instance).read_text().split()),
    )
    config.use(there)

    ran = portal("restore", str(saved))

    assert ran.code == 0
    assert not (there.instance / mark.NAME).exists()
    assert held(there) == 1


def test_with_its_keys_a_backup_opens_anywhere(house: Config, tmp_path: Path) -> None:
    trip.register()
    path = tmp_path / "backup"
    made = portal("backup", str(path), "--with-keys")
    leave()
    there = config.read({"PORTAL_INSTANCE": str(tmp_path / "there")})
    config.use(there)

    ran = portal("restore", str(path))

    assert "whoever has this file can read everything" in made.err
    assert ran.code == 0
    assert vault.read_key_file(vault.key_file(there.instance)) == vault.read_key_file(
        vault.key_file(house.instance)
    )
    open_house.open_up(there)
    assert vault.unlocked()
    assert stored.rows("registration") == 1
    key = vault.key_file(house.instance).read_bytes().strip()
    assert key in path.read_bytes()
    assert key not in database(there).read_bytes()


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root gives files away.")
def test_a_database_stays_the_file_of_whoever_runs_the_portal(
    house: Config, saved: Path
) -> None:
    leave()
    os.chown(database(house), NOBODY, NOBODY)

    portal("restore", str(saved), "--force")

    found = database(house).stat()
    assert (found.st_uid, found.st_gid) == (NOBODY, NOBODY)


def test_a_database_in_use_is_left_alone(house: Config, saved: Path) -> None:
    with closing(sqlite3.connect(database(house))) as other:
        other.execute("SELECT count(*) FROM message").fetchone()
        leave()
        ran = portal("restore", str(saved), "--force")

    assert (ran.code, ran.out) == (2, "")
    assert "is in use" in ran.err


def test_a_used_database_is_replaced_by_force_only(house: Config, saved: Path) -> None:
    leave()
    before = database(house).read_bytes()

    ran = portal("restore", str(saved))

    assert ran.code == 2
    assert "--force" in ran.err
    assert database(house).read_bytes() == before


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def scribble(path: Path) -> None:
    path.write_bytes(b"no database at all" * 1000)


def plain(path: Path) -> None:
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute("DROP TABLE backup")


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute("UPDATE alembic_version SET version_num = '9999'")


def trigger(path: Path) -> None:
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute("CREATE VIEW more AS SELECT 1")


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute("UPDATE canary SET sealed = x'00'")


@pytest.mark.parametrize("spoil", [cut, scribble])
def test_a_database_that_is_none_any_more_is_replaced_by_force(
    house: Config, saved: Path, spoil: Callable[[Path], None]
) -> None:
    leave()
    spoil(database(house))
    stale = database(house).with_name("portal.db-wal")
    stale.write_bytes(b"what was left")

    kept = portal("restore", str(saved))
    ran = portal("restore", str(saved), "--force")

    assert (kept.code, ran.code) == (2, 0)
    assert "--force" in kept.err
    assert not stale.exists()
    assert held(house) == 1


def test_keys_in_a_backup_that_are_none_are_told_as_its_own(
    house: Config, saved: Path
) -> None:
    with closing(sqlite3.connect(saved)) as opened, opened:
        opened.execute("UPDATE backup SET keys = 'none'")
    leave()

    ran = portal("restore", str(saved), "--force")

    assert ran.code == 2
    assert f"{saved} holds 1 key(s) that are not 32 bytes" in ran.err


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (cut, "cannot be used"),
        (scribble, "cannot be used"),
        (plain, "was not made by portal backup"),
        (newer, "newer version"),
        (trigger, "damaged"),
        (foreign, "another key"),
        (Path.unlink, "cannot be used"),
    ],
)
def test_what_does_not_serve_touches_nothing(
    house: Config, saved: Path, spoil: Callable[[Path], None], why: str
) -> None:
    spoil(saved)
    leave()
    before = database(house).read_bytes()

    ran = portal("restore", str(saved), "--force")

    assert ran.code in (1, 2)
    assert why in ran.err
    assert database(house).read_bytes() == before
    assert not [*house.instance.glob("portal.db.*")]


def test_a_backup_takes_no_other_file_s_place(house: Config, saved: Path) -> None:
    before = saved.read_bytes()

    ran = portal("backup", str(saved))

    assert ran.code == 2
    assert "is there already" in ran.err
    assert saved.read_bytes() == before


def test_without_a_key_none_is_taken_along(house: Config, tmp_path: Path) -> None:
    vault.key_file(house.instance).unlink()

    ran = portal("backup", str(tmp_path / "backup"), "--with-keys")

    assert (ran.code, [*tmp_path.glob("backup*")]) == (2, [])
    assert "no keys here" in ran.err


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_postgresql_has_its_own_tools(
    postgres_house: Config, tmp_path: Path, command: str
) -> None:
    ran = portal(command, str(tmp_path / "backup"))

    assert ran.code == 2
    assert "pg_dump" in ran.err
    assert str(postgres_house.instance / "mark") in ran.err


def test_a_restored_house_is_connected_as_it_was(
    contoso: Config, tmp_path: Path
) -> None:
    path = tmp_path / "backup"
    portal("backup", str(path))
    leave()

    restored = portal("restore", str(path), "--force")
    open_house.open_up(contoso)

    assert restored.code == 0
    assert trip.in_force()[1] == "admin@contoso.example"
