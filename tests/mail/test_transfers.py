"""Files on their way: how far each has come, and where the rest of it goes."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from portal import clock, db, vault
from portal.config import Config
from portal.mail import transfers
from portal.mail.outbox import MessageRow
from portal.mail.transfers import Progress, Transfer, TransferRow
from tests.mail import backlog

KEY = b"k" * 32
URL = "https://outlook.office.com/api/upload?authtoken=geheim"


@pytest.fixture
def message(either_house: Config) -> UUID:
    """Put one message that waits; return its id."""
    return backlog.put(backlog.account())


def plan(message: UUID, **sizes: int) -> None:
    with db.session() as session:
        parts = {int(name[1:]): size for name, size in sizes.items()}
        transfers.plan(session, message, parts)


def go_on(message: UUID, part: int, received: int = 0, size: int = 100) -> None:
    transfer = Transfer(part=part, size=size, received=received, url=URL)
    with db.session() as session:
        transfers.go_on(session, message, KEY, transfer)


def advance(message: UUID, part: int, received: int) -> None:
    with db.session() as session:
        transfers.advance(session, message, part, received)


def of(message: UUID) -> tuple[Transfer, ...]:
    with db.reading() as session:
        return transfers.of(session, message, KEY)


def progress(message: UUID) -> Progress | None:
    with db.reading() as session:
        return transfers.progress(session, message)


def later(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    moment = clock.now() + timedelta(seconds=seconds)
    monkeypatch.setattr(clock, "now", lambda: moment)


def test_what_has_come_is_known_to_whoever_goes_on(message: UUID) -> None:
    plan(message, p1=100, p2=200)
    go_on(message, 1)
    advance(message, 1, 40)

    first, second = of(message)

    assert (first.received, first.size, first.url) == (40, 100, URL)
    assert (second.received, second.size, second.url) == (0, 200, "")


def test_the_address_of_a_file_is_sealed_and_goes_with_its_last_byte(
    message: UUID,
) -> None:
    plan(message, p1=100)
    go_on(message, 1)
    with db.reading() as session:
        [sealed] = session.scalars(select(TransferRow.sealed_url))
    assert sealed is not None
    assert b"geheim" not in sealed
    assert vault.unseal_with(KEY, sealed, f"upload {message} 1") == URL.encode()

    advance(message, 1, 100)

    with db.reading() as session:
        assert session.scalars(select(TransferRow.sealed_url)).all() == [None]
    assert of(message)[0].done


def test_a_new_plan_forgets_the_old_one(message: UUID) -> None:
    plan(message, p1=100, p2=50)
    advance(message, 1, 100)

    plan(message, p1=100)

    assert [(each.part, each.received) for each in of(message)] == [(1, 0)]


def test_what_a_draft_brought_itself_is_known_to_whoever_goes_on(message: UUID) -> None:
    plan(message, p1=100, p2=50)
    assert [each.inside for each in of(message)] == [None, None]

    with db.session() as session:
        transfers.enclose(session, message, 3)

    assert [each.inside for each in of(message)] == [3, 3]


def test_it_is_told_how_far_and_how_fast_it_goes(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch, 0)
    plan(message, p1=100, p2=100)
    go_on(message, 1, received=20)
    later(monkeypatch, 10)
    advance(message, 1, 60)

    told = progress(message)

    assert told is not None
    assert (told.done, told.total, told.percent) == (60, 200, 30.0)
    assert told.per_second == 4  # 40 bytes in the ten seconds since it went on
    assert told.seconds_left == 35


def test_nothing_is_told_of_a_message_without_files_beside_it(message: UUID) -> None:
    assert progress(message) is None


def test_it_goes_with_its_message(message: UUID) -> None:
    plan(message, p1=100)

    with db.session() as session:
        session.execute(delete(MessageRow).where(MessageRow.id == message))

    assert progress(message) is None
