"""A restored backup: what may have been sent since it was made waits for a word."""

import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from portal import clock, db
from portal.accept import Caller
from portal.config import Config
from portal.errors import Conflict, Unsure
from portal.explanations import own
from portal.intake import desk
from portal.mail import mark
from portal.mail.journal import Event
from portal.mail.message import Message
from portal.mail.outbox import State, decisions, overdue
from portal.workspace import house as open_house
from tests.conftest import Passing
from tests.delivery.steps import work_once
from tests.mail import backlog
from tests.postman import Postman
from tests.workspace import grants

ANN = "ann@contoso.example"


@pytest.fixture
def account(either_house: Config, passes: Passing) -> UUID:
    """Let the default account send; return its id."""
    grants.send_as("reports@contoso.example")
    account = backlog.account()
    backlog.open_lane(account)
    return account


def accept() -> UUID:
    brought = Message(to="jane@example.com", text="Well.")
    return UUID(desk.take(brought, Caller(name="test")).id)


def send() -> Postman:
    """Send one message after the other, as long as there is one."""
    postman = Postman()
    while work_once(postman):
        pass
    return postman


def forget_claims() -> None:
    """Take the database back to before its first claim, as a backup does."""
    with db.session() as session:
        session.execute(text("UPDATE lane SET claimed_at = NULL"))


def word(account: UUID) -> tuple[int, int]:
    with db.reading() as session:
        return overdue.count(session, account), overdue.restored(session, account)


def restore(backup: Path, house: Config) -> None:
    db.disconnect()
    shutil.copy(backup, house.instance / "portal.db")
    open_house.open_up(house)


@pytest.fixture
def backup(account: UUID, house: Config, tmp_path: Path) -> Path:
    """Back a database up while two messages wait; then send them both."""
    path = tmp_path / "backup.db"
    for _ in range(2):
        accept()
    with (
        sqlite3.connect(house.instance / "portal.db") as here,
        sqlite3.connect(path) as there,
    ):
        here.backup(there)
    for each in (here, there):
        each.close()
    assert len(send().parcels) == 2
    return path


@pytest.mark.parametrize("either_house", ["sqlite"], indirect=True)
def test_nothing_of_a_restored_backup_goes_out_a_second_time(
    backup: Path, account: UUID, house: Config
) -> None:
    restore(backup, house)

    assert send().parcels == []
    assert word(account) == (2, 2)


@pytest.mark.parametrize("either_house", ["sqlite"], indirect=True)
def test_a_backup_may_be_restored_twice(
    backup: Path, account: UUID, house: Config
) -> None:
    for _ in range(2):
        restore(backup, house)

        assert word(account) == (2, 2)


def test_whatever_is_not_settled_is_held_and_says_so(
    account: UUID, either_house: Config, passes: Passing
) -> None:
    sent = accept()
    send()
    for _ in range(2):
        accept()
    claimed, doubted = backlog.take()
    backlog.doubt(doubted)
    waits = accept()
    forget_claims()

    open_house.open_up(either_house)

    for message in (claimed.message_id, doubted.message_id, waits):
        row = backlog.row(message)
        assert (row["state"], row["reason"]) == (State.HELD, own.RESTORED.sentence)
        assert {row[name] for name in ("due_at", "look_at", "claim", "worker")} == {
            None
        }
        assert backlog.events(message)[-1] == Event.HELD
    assert backlog.state(sent) == State.SENT
    assert backlog.taken() == []


def test_it_happens_once(account: UUID, either_house: Config, passes: Passing) -> None:
    accept()
    send()
    forget_claims()
    open_house.open_up(either_house)
    message = accept()

    open_house.open_up(either_house)

    assert backlog.state(message) == State.QUEUED
    assert len(send().parcels) == 1


def test_a_database_that_lost_nothing_is_left_alone(
    account: UUID, either_house: Config
) -> None:
    accept()
    send()
    message = accept()

    open_house.open_up(either_house)

    assert backlog.state(message) == State.QUEUED


def test_a_clock_that_was_set_back_is_no_backup(
    account: UUID, either_house: Config, passes: Passing
) -> None:
    accept()
    send()
    passes(days=-30)
    accept()
    send()
    message = accept()

    open_house.open_up(either_house)

    assert backlog.state(message) == State.QUEUED


def test_before_a_mailbox_was_known_it_happens_once_too(
    account: UUID, either_house: Config
) -> None:
    accept()
    send()
    waits = accept()
    with db.session() as session:
        session.execute(text("UPDATE feed SET lane_id = NULL"))
        session.execute(text("DELETE FROM lane"))

    open_house.open_up(either_house)
    later = accept()
    open_house.open_up(either_house)

    assert backlog.row(waits)["state"] == State.HELD
    assert backlog.row(later)["state"] == State.QUEUED


def test_an_older_mark_of_another_machine_disturbs_nobody(
    account: UUID, either_house: Config, passes: Passing
) -> None:
    accept()
    send()
    kept = (either_house.instance / "mark").read_bytes()
    passes(seconds=60)
    accept()
    send()
    (either_house.instance / "mark").write_bytes(kept)
    message = accept()

    open_house.open_up(either_house)

    assert backlog.state(message) == State.QUEUED


def test_what_another_machine_has_noticed_is_not_noticed_again(
    account: UUID, either_house: Config, passes: Passing
) -> None:
    accept()
    send()
    kept = (either_house.instance / "mark").read_bytes()
    forget_claims()
    open_house.open_up(either_house)
    message = accept()
    (either_house.instance / "mark").write_bytes(kept)

    open_house.open_up(either_house)

    assert backlog.state(message) == State.QUEUED


@pytest.fixture
def held(account: UUID, either_house: Config) -> UUID:
    """Restore a database in which the fate of one message is in doubt."""
    message = accept()
    work_once(Postman(Unsure()))
    mark.advance(either_house.instance, clock.now() + timedelta(seconds=1))
    open_house.open_up(either_house)
    return message


def test_send_waiting_mail_sends_it(account: UUID, held: UUID) -> None:
    with db.session() as session:
        assert overdue.send(session, account, ANN) == 1

    assert [each.message_id for each in send().parcels] == [held]
    assert (backlog.state(held), word(account)) == (State.SENT, (0, 0))


def test_discard_cancels_it(account: UUID, held: UUID) -> None:
    with db.session() as session:
        assert overdue.discard(session, account, ANN) == 1

    assert (backlog.state(held), word(account)) == (State.CANCELLED, (0, 0))


def test_a_retry_sends_it_and_looks_nothing_up(account: UUID, held: UUID) -> None:
    with db.session() as session:
        decisions.retry(session, held, ANN)

    postman = send()

    assert [each.message_id for each in postman.parcels] == [held]
    assert (postman.looks, word(account)) == ([], (0, 0))
    assert backlog.state(held) == State.SENT


def test_it_can_be_cancelled_alone(account: UUID, held: UUID) -> None:
    with db.session() as session:
        decisions.cancel(session, held, ANN)

    assert (backlog.state(held), word(account)) == (State.CANCELLED, (0, 0))


def test_it_never_fails_as_if_it_had_surely_not_been_sent(
    account: UUID, either_house: Config, passes: Passing
) -> None:
    message = backlog.put(account, expires_at=clock.now() + timedelta(minutes=1))
    mark.advance(either_house.instance, clock.now())
    open_house.open_up(either_house)
    passes(minutes=1)

    assert backlog.expire() == 0
    with db.session() as session, pytest.raises(Conflict, match="is over"):
        decisions.retry(session, message, ANN)
