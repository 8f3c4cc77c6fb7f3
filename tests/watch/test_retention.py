"""Retention in the rounds: what is over goes, and the file becomes smaller."""

import threading
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import text

from portal import config, db
from portal.config import Config
from portal.errors import ConfigError
from portal.mail import journal
from portal.mail.journal import Event, Line, snapshots
from portal.mail.outbox import State
from portal.mail.retention import LINES
from portal.watch import retention
from portal.workspace.keeping import terms
from portal.workspace.keeping.terms import Terms
from tests import stored
from tests.conftest import Passing
from tests.mail import backlog
from tests.watch.steps import sent

LARGE = b"x" * 20_000_000


def go_round() -> None:
    retention.keep_in_bounds(threading.Event())


def megabytes(house: Config) -> float:
    return sum(path.stat().st_size for path in house.instance.glob("*.db*")) / 1e6


def sealed_key(message: UUID) -> bytes:
    with db.reading() as session:
        found = session.execute(
            text("SELECT sealed_key FROM content WHERE message_id = :id"),
            {"id": message.hex},
        )
        return bytes(found.scalar_one())


def test_content_is_kept_for_days_and_its_record_for_longer(
    either_house: Config, passes: Passing
) -> None:
    message = sent()
    passes(days=7)
    go_round()
    assert stored.rows("content", "chunk") == 3

    passes(seconds=1)
    go_round()
    assert stored.rows("content", "chunk") == 0
    assert backlog.state(message) == State.SENT

    passes(days=83)
    go_round()
    assert stored.rows("message") == 0
    assert len(backlog.events(message)) == stored.rows("journal") == 1  # the newest


def test_settings_that_no_line_names_any_more_go(
    house: Config, passes: Passing
) -> None:
    with db.session() as session:
        snapshots.keep(session, {"host": "smtp.example.com"})
    passes(days=2)

    go_round()

    assert stored.rows("snapshot") == 0


def test_how_long_is_for_the_operator_to_say(
    either_house: Config, passes: Passing
) -> None:
    sent()
    config.use(replace(either_house, content_days=1, records_days=8))
    passes(days=1, seconds=1)

    go_round()

    assert stored.rows("content", "chunk") == 0


def test_what_an_admin_chooses_counts_with_the_next_round(
    house: Config, passes: Passing
) -> None:
    sent()
    passes(days=3)
    go_round()
    assert stored.rows("content", "chunk") == 3

    with db.session() as session:
        terms.choose(session, Terms(content_days=2), "Ann")
    go_round()

    assert stored.rows("content", "chunk") == 0


def test_what_a_round_has_no_time_for_is_left_to_the_next(
    house: Config, passes: Passing, hurried: None
) -> None:
    with db.session() as session:
        for _ in range(LINES + 2):
            journal.write(session, Line(event=Event.CONNECTED))
    passes(days=91)

    go_round()
    left = stored.rows("journal")
    go_round()

    assert (left, stored.rows("journal")) == (2, 1)  # the newest stays


def test_the_file_of_a_database_becomes_smaller(house: Config, passes: Passing) -> None:
    sent(LARGE)
    before = megabytes(house)
    passes(days=8)

    go_round()

    assert before > 20
    assert megabytes(house) < 1


def test_whoever_reads_meanwhile_is_not_waited_for(
    house: Config, passes: Passing
) -> None:
    sent(LARGE)
    passes(days=8)

    with db.reading() as reader:
        assert reader.scalar(text("SELECT count(*) FROM message")) == 1
        go_round()
        assert reader.scalar(text("SELECT count(*) FROM chunk")) > 70
    assert megabytes(house) > 20

    go_round()
    assert megabytes(house) < 1


def test_whoever_writes_afterwards_is_waited_for_as_ever(
    house: Config, passes: Passing
) -> None:
    sent()
    passes(days=8)

    go_round()

    with db.reading() as session:
        assert session.scalar(text("PRAGMA busy_timeout")) == 30_000


def test_a_data_key_is_wiped_out_of_the_file(house: Config, passes: Passing) -> None:
    key = sealed_key(sent())
    passes(days=8)
    db.shrink(1)
    assert key in (house.instance / "portal.db").read_bytes()

    go_round()

    for path in house.instance.glob("portal.db*"):
        assert key not in path.read_bytes()


def test_who_is_told_to_stop_erases_no_more(house: Config, passes: Passing) -> None:
    sent()
    passes(days=8)
    stopping = threading.Event()
    stopping.set()

    retention.keep_in_bounds(stopping)

    assert stored.rows("content", "chunk") == 3


@pytest.mark.parametrize("pages", [1, 100])
def test_pages_are_given_back_so_many_at_once(house: Config, pages: int) -> None:
    with db.session() as session:
        session.execute(text("CREATE TABLE heap AS SELECT zeroblob(2000000) AS it"))
    with db.session() as session:
        session.execute(text("DROP TABLE heap"))
    before = free_pages()

    assert db.shrink(pages)

    assert free_pages() == before - pages


def free_pages() -> int:
    with db.reading() as session:
        return session.scalar(text("PRAGMA freelist_count")) or 0


def test_postgresql_looks_after_its_own(postgres_house: Config) -> None:
    assert not db.shrink(100)


@pytest.mark.parametrize(
    ("content_days", "records_days", "least"),
    [("0", "8", 1), ("1", "7", 8), ("30", "29", 30)],
)
def test_a_record_outlives_its_content_and_every_idempotency_key(
    content_days: str, records_days: str, least: int
) -> None:
    environ = {
        "PORTAL_CONTENT_DAYS": content_days,
        "PORTAL_RECORDS_DAYS": records_days,
    }

    with pytest.raises(ConfigError, match=f"a whole number, {least} or more") as error:
        config.read(environ)

    assert ("Idempotency-Key" in str(error.value)) == (least > 1)
