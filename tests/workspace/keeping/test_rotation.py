"""Rotation: everything sealed anew while others seal and open, nothing forgotten."""

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import LargeBinary, select, text

from portal import config, db, vault
from portal.config import Config
from portal.errors import CannotDecrypt, ConfigError
from portal.mail import content
from portal.mail.content import ContentRow
from portal.workspace import house as open_house
from portal.workspace import registration
from portal.workspace.keeping import rotation
from portal.workspace.keeping.rotation import SEALED, Sealed
from tests import trip

NOBODY = 65534
# Sealed with the data key of a message, which is sealed anew itself.
BY_DATA_KEY = {"chunk.sealed", "transfer.sealed_url"}
KEYS_OF_MESSAGES = next(each for each in SEALED if each.what == "keys of messages")


def all_steps() -> int:
    """Seal everything anew; return how much that was."""
    done = 0
    for sealed in SEALED:
        done += sum(step.done for step in steps(sealed))
    return done


def steps(sealed: Sealed) -> Iterator[rotation.Step]:
    last = None
    while True:
        with db.session() as session:
            step = rotation.step(session, sealed, last)
        yield step
        if (last := step.last) is None:
            return


def left() -> dict[str, int]:
    with db.reading() as session:
        return rotation.left(session)


def store(count: int = 1) -> UUID:
    """Store contents of one empty part; return the id of the last one."""
    with db.session() as session:
        for _ in range(count):
            upload = content.begin(session, db.new_id())
            content.finish(session, upload, [0])
    return upload.message_id


def key_of(message_id: UUID) -> bytes:
    with db.reading() as session:
        return content.find(session, message_id).key


@contextmanager
def two_keys(house: Config) -> Iterator[tuple[str, str]]:
    """Open a house again with a new key before its old one; hand out both."""
    old = vault.key_file(house.instance).read_text().strip()
    new = base64.b64encode(bytes(range(32))).decode()
    config.use(replace(house, keys=(new, old)))
    open_house.open_up(config.current())
    yield new, old


def test_no_sealed_column_is_forgotten() -> None:
    columns = {
        f"{table.name}.{column.name}"
        for table in db.Table.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary) and "sealed" in column.name
    }

    assert {sealed.name for sealed in SEALED} == columns - BY_DATA_KEY


def test_afterwards_the_new_key_opens_everything_alone(either_house: Config) -> None:
    trip.register()
    message_id = store()
    key = key_of(message_id)

    with two_keys(either_house) as (new, _old):
        assert left().keys() == {"canary", "client credentials", "keys of messages"}
        assert all_steps() == 3
        assert left() == {}
        open_house.open_up(replace(either_house, keys=(new,)))

    assert vault.unlocked()
    assert key_of(message_id) == key
    with db.reading() as session:
        known = registration.current(session)
    assert known
    assert known.secret


def test_what_a_step_left_the_next_one_takes(house: Config) -> None:
    store(2 * rotation.BATCH + 1)

    with two_keys(house):
        done = [step.done for step in steps(KEYS_OF_MESSAGES)]

    assert done == [rotation.BATCH, rotation.BATCH, 1]


def test_a_row_that_somebody_holds_is_left_for_the_next_round(
    postgres_house: Config,
) -> None:
    message_id = store()

    with two_keys(postgres_house):
        with db.session() as session:
            where = ContentRow.message_id == message_id
            session.scalars(select(ContentRow).where(where).with_for_update()).one()
            during = [step.done for step in steps(KEYS_OF_MESSAGES)]
        after = [step.done for step in steps(KEYS_OF_MESSAGES)]

    assert (during, after) == ([0], [1])


def test_what_no_key_opens_is_counted_and_left_as_it_is(house: Config) -> None:
    store()
    with db.session() as session:
        session.execute(text("UPDATE content SET sealed_key = x'0102030405060708090a'"))

    with two_keys(house):
        [step] = steps(KEYS_OF_MESSAGES)

    assert (step.done, step.unreadable) == (0, 1)
    assert left()["keys of messages"] == 1


def test_erased_content_is_nothing_to_seal(house: Config) -> None:
    store()
    with db.session() as session:
        session.execute(text("UPDATE content SET sealed_key = NULL"))

    with two_keys(house):
        assert "keys of messages" not in left()


def test_a_key_is_made_once_until_the_older_one_is_gone(house: Config) -> None:
    path = vault.key_file(house.instance)
    [old] = path.read_text().split()

    with db.session() as session:
        made = [rotation.begin(session) for _ in range(2)]

    assert made == [True, False]
    assert path.read_text().split()[1:] == [old]
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root gives files away.")
def test_a_key_file_stays_the_file_of_whoever_runs_the_portal(house: Config) -> None:
    path = vault.key_file(house.instance)
    os.chown(path, NOBODY, NOBODY)

    vault.add_key(path)

    assert (path.stat().st_uid, path.stat().st_gid) == (NOBODY, NOBODY)


def test_a_key_file_that_machines_may_share_is_left_to_people(
    postgres_house: Config,
) -> None:
    with db.session() as session, pytest.raises(ConfigError, match="each of them"):
        rotation.begin(session)


def test_a_running_process_seals_with_a_new_key_at_once(house: Config) -> None:
    old = vault.head()

    vault.add_key(vault.key_file(house.instance))

    assert vault.seal(b"plain", "about")[: len(old)] != old
    assert vault.head() != old


def test_a_running_process_opens_what_a_new_key_sealed(house: Config) -> None:
    path = vault.key_file(house.instance)
    vault.seal(b"plain", "about")
    vault.add_key(path)
    another = vault.Ring(vault.read_key_file(path))

    assert vault.unseal(another.seal(b"plain", "about"), "about") == b"plain"


def test_a_running_process_takes_no_keys_of_another_database(house: Config) -> None:
    before = vault.head()

    foreign(vault.key_file(house.instance))

    assert vault.seal(b"plain", "about").startswith(before)
    sealed = vault.Ring([b"f" * 32]).seal(b"plain", "about")
    with pytest.raises(CannotDecrypt):
        vault.unseal(sealed, "about")


def foreign(path: Path) -> None:
    path.write_text(base64.b64encode(b"f" * 32).decode())
