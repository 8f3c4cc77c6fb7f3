"""Sessions, times and ids hold on both engines."""

import os
import sqlite3
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, StatementError

from portal import clock, db
from portal.config import Config
from portal.workspace import audit
from portal.workspace import house as open_house
from portal.workspace.audit import AuditRow
from tests.backends import backend
from tests.conftest import close


def notes() -> int:
    with db.reading() as session:
        return session.query(AuditRow).count()


def note(session: db.Session, at: datetime) -> AuditRow:
    row = AuditRow(at=at, actor="a", action="b", subject="c")
    session.add(row)
    return row


@pytest.mark.parametrize("hours", [-11, 0, 5.5])
def test_a_time_comes_back_aware_in_utc_and_to_the_microsecond(
    either_house: Config, hours: float
) -> None:
    here = timezone(timedelta(hours=hours))
    moment = datetime(2026, 3, 29, 2, 30, 0, 123456, tzinfo=here)
    with db.session() as session:
        note(session, moment)

    with db.reading() as session:
        kept = session.query(AuditRow).one().at

    assert kept == moment
    assert kept.utcoffset() == timedelta()


def test_times_of_different_zones_are_compared_as_times(either_house: Config) -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    east = timezone(timedelta(hours=9))
    with db.session() as session:
        note(session, noon.astimezone(east))

    with db.reading() as session:
        later = session.query(AuditRow).filter(AuditRow.at > noon - timedelta(hours=1))
        assert later.count() == 1


def test_a_naive_time_is_refused(either_house: Config) -> None:
    with pytest.raises(StatementError, match="naive"), db.session() as session:
        note(session, datetime(2026, 1, 1))  # noqa: DTZ001 - the point

    assert notes() == 0


def test_ids_are_of_version_7_and_sort_by_the_microsecond() -> None:
    ids = []
    for _ in range(200):
        ids.append(db.new_id())
        end = time.time_ns() // 1_000
        while time.time_ns() // 1_000 == end:
            pass

    assert sorted(ids) == ids
    assert {each.version for each in ids} == {7}
    assert {each.variant for each in ids} == {UUID(int=0x8 << 60).variant}
    assert ids[0].int >> 80 <= time.time_ns() // 1_000_000


def test_ids_of_one_moment_differ() -> None:
    assert len({db.new_id() for _ in range(10_000)}) == 10_000


def test_leaving_a_session_commits(either_house: Config) -> None:
    with db.session() as session:
        audit.note(session, "ann", "looked", "around")

    assert notes() == 1


def test_an_error_undoes_all_of_a_session(either_house: Config) -> None:
    with suppress(KeyError), db.session() as session:
        audit.note(session, "ann", "looked", "around")
        session.flush()
        raise KeyError

    assert notes() == 0


def test_reading_keeps_nothing(either_house: Config) -> None:
    with db.reading() as session:
        audit.note(session, "ann", "looked", "around")

    assert notes() == 0


def test_reading_waits_for_no_writer(either_house: Config) -> None:
    with db.session() as writer:
        audit.note(writer, "ann", "looked", "around")
        writer.flush()

        began = time.monotonic()
        assert notes() == 0
        assert time.monotonic() - began < 5  # a writer would be waited for 30 s

    assert notes() == 1


def test_writers_of_sqlite_come_one_after_the_other(house: Config) -> None:
    def write() -> None:
        for _ in range(5):
            with db.session() as session:
                before = session.query(AuditRow).count()
                note(session, clock.now()).subject = str(before)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    with db.reading() as session:
        subjects = [int(row.subject) for row in session.query(AuditRow)]
    assert sorted(subjects) == list(range(20))


def test_who_is_alone_waits_for_a_row_no_longer_than_others(
    postgres_house: Config,
) -> None:
    with db.session() as session:
        before = session.scalar(text("SHOW lock_timeout"))
        db.alone(session)

        assert session.scalar(text("SHOW lock_timeout")) == before == "20s"


def test_sqlite_is_furnished_to_survive_a_crash(house: Config) -> None:
    with db.reading() as session:
        told = {
            name: session.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "auto_vacuum", "foreign_keys")
        }

    assert told == {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL
        "auto_vacuum": 2,  # INCREMENTAL
        "foreign_keys": 1,
    }


def test_a_child_process_opens_connections_of_its_own(postgres_house: Config) -> None:
    mine = backend()
    reading, writing = os.pipe()

    child = os.fork()
    if not child:
        try:
            os.write(writing, str(backend()).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)

    assert int(os.read(reading, 100)) != mine
    assert backend() == mine
    os.close(reading)
    os.close(writing)


def test_an_error_does_not_quote_what_was_stored(either_house: Config) -> None:
    insert = text("INSERT INTO canary (id, sealed) VALUES (:id, :sealed)")
    values = {"id": 1, "sealed": b"geheim"}

    with pytest.raises(IntegrityError) as error, db.session() as session:
        session.execute(insert, values)

    assert "geheim" not in str(error.value)


def test_a_new_file_is_for_nobody_elses_eyes(settings: Config) -> None:
    open_house.open_up(settings)

    modes = {path.stat().st_mode & 0o077 for path in settings.instance.iterdir()}

    assert modes == {0}
    assert settings.instance.stat().st_mode & 0o077 == 0
    close()


def test_the_clock_of_the_database_is_told(either_house: Config) -> None:
    with db.reading() as session:
        theirs = db.server_time(session)

    assert theirs.tzinfo is not None
    assert abs(theirs - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_database_survives_the_process_that_wrote_it(house: Config) -> None:
    child = os.fork()
    if not child:
        try:
            with db.session() as session:
                audit.note(session, "ann", "looked", "around")
        finally:
            os._exit(9)
    os.waitpid(child, 0)

    with sqlite3.connect(house.instance / "portal.db") as connection:
        assert connection.execute("SELECT count(*) FROM audit").fetchone() == (1,)
    connection.close()


def test_a_session_that_only_reads_asks_once(either_house: Config) -> None:
    asked = db.once(lambda _: notes())
    with db.reading() as session:
        before = asked(session)
        with db.session() as writing:
            note(writing, clock.now())

        assert asked(session) == before
    with db.reading() as later:
        assert asked(later) == before + 1


def test_a_session_that_may_write_asks_each_time_anew(house: Config) -> None:
    asked = db.once(lambda session: session.query(AuditRow).count())
    with db.session() as session:
        before = asked(session)
        note(session, clock.now())

        assert asked(session) == before + 1
