"""A worker marks how far it went: before it sends, and with an eye on the database."""

import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from portal import db
from portal.config import Config
from portal.delivery.transport import Parcel
from portal.delivery.worker import Worker
from portal.explanations import own
from portal.mail import mark
from portal.mail.outbox import State
from tests.delivery.steps import record, work_once
from tests.postman import Postman

NOBODY = "postgresql+psycopg://nobody@127.0.0.1:9/nothing"  # the discard port


def marked(house: Config) -> bytes:
    path = house.instance / mark.NAME
    return path.read_bytes() if path.exists() else b""


def test_a_claim_is_marked_before_it_is_sent(message: UUID, house: Config) -> None:
    seen: list[bytes] = []

    def look(_: Parcel) -> None:
        seen.append(marked(house))

    postman = Postman()
    postman.while_sending = look
    work_once(postman)

    with db.reading() as session:
        reached = mark.reached(session)
    assert reached
    assert [each[:32].decode() for each in seen] == [
        reached.isoformat(timespec="microseconds")
    ]


def test_without_a_claim_nothing_is_marked(open_lane: UUID, house: Config) -> None:
    work_once(Postman())

    assert marked(house) == b""


def test_what_cannot_be_marked_is_sent_all_the_same(
    message: UUID, house: Config, caplog: pytest.LogCaptureFixture
) -> None:
    (house.instance / mark.NAME).mkdir()

    work_once(Postman())

    assert record(message).state == State.SENT
    assert "would not be noticed" in caplog.text


def test_a_database_that_was_away_may_come_back_as_a_backup(
    message: UUID, house: Config
) -> None:
    postman = Postman()
    worker = Worker({"graph": postman})
    worker.stop()  # so that it does not rest
    db.connect(NOBODY)
    assert not worker.work_once()

    db.connect(house.database_url)
    mark.advance(house.instance, record(message).accepted_at)
    assert not worker.work_once()

    assert postman.parcels == []
    assert record(message).reason == own.RESTORED.sentence


def copy(source: str | Path, target: str | Path) -> None:
    """Copy an SQLite database into another, as `.backup` and `.restore` do."""
    with (
        closing(sqlite3.connect(source)) as whole,
        closing(sqlite3.connect(target)) as into,
    ):
        whole.backup(into)


def test_a_backup_that_is_restored_under_a_worker_is_noticed(
    message: UUID, tmp_path: Path
) -> None:
    live, backup = db.engine().url.database or "", tmp_path / "backup.db"
    postman = Postman()
    worker = Worker({"graph": postman})
    copy(live, backup)
    worker.work_once()
    assert record(message).state == State.SENT

    copy(backup, live)
    assert not worker.work_once()
    assert not worker.work_once()

    assert record(message).state == State.HELD
    assert record(message).reason == own.RESTORED.sentence
    assert len(postman.parcels) == 1
