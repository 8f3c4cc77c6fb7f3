"""What becomes of a mail when the trouble is ours."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import create_engine, make_url, text

from portal import db, vault
from portal.accept import Caller
from portal.config import Config
from portal.delivery.transport import Parcel
from portal.delivery.worker import Worker
from portal.errors import (
    Deferred,
    Scope,
    Withheld,
)
from portal.intake import desk
from portal.mail import content, lanes
from portal.mail.journal import Event
from portal.mail.message import Message
from portal.mail.outbox import State
from portal.workspace import accounts
from tests.delivery.steps import events, later, record, work_once
from tests.journeys.running import eventually
from tests.postman import Postman
from tests.workspace import grants


def test_a_fault_of_ours_after_sending_began_is_a_doubt(message: UUID) -> None:
    work_once(Postman(ZeroDivisionError()))

    assert record(message).state == State.SENDING
    assert events(message)[-1] == Event.DOUBTED


def test_a_fault_of_ours_before_sending_sets_the_message_aside(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        assert Worker({}).work_once()
        later(monkeypatch, timedelta(hours=1))

    assert record(message).state == State.HELD
    assert not Worker({}).work_once()


def test_what_was_only_deferred_counts_as_no_fault(
    message: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        work_once(Postman(Deferred(after=timedelta(seconds=1))))
        later(monkeypatch, timedelta(minutes=1))

    Worker({}).work_once()

    assert record(message).state == State.QUEUED


def test_a_known_outcome_is_written_when_the_database_is_back(
    postgres_house: Config, caplog: pytest.LogCaptureFixture
) -> None:
    grants.send_as("reports@contoso.example")
    with db.session() as session:
        account = accounts.find(session)
        lanes.route(session, account.id, "tid/oid", 4)
    brought = Message(to="j@example.com", text="x")
    message = UUID(desk.take(brought, Caller(name="test")).id)
    postman = Postman()
    worker = Worker({"graph": postman})
    door = Door(postgres_house.database_url)
    postman.while_sending = lambda _: door.shut()
    watching = threading.Thread(target=door.open_when, args=(caplog, worker))
    watching.start()

    worker.work_once()

    watching.join()
    assert "cannot be settled yet" in caplog.text
    assert record(message).state == State.SENT


class Door:
    """Shuts a database, and opens it again when somebody has knocked in vain."""

    def __init__(self, url: str) -> None:
        self.name = make_url(url).database
        elsewhere = make_url(url).set(database="postgres")
        self.engine = create_engine(elsewhere, isolation_level="AUTOCOMMIT")

    def shut(self) -> None:
        ending = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE"
        self._order(f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS false")
        self._order(f"{ending} datname = '{self.name}'")

    def open_when(self, caplog: pytest.LogCaptureFixture, worker: Worker) -> None:
        eventually(lambda: "cannot be settled yet" in caplog.text)
        self._order(f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS true")
        worker._count(0)  # wakes who rests
        self.engine.dispose()

    def _order(self, statement: str) -> None:
        with self.engine.connect() as connection:
            connection.execute(text(statement))


def test_a_late_failure_of_an_old_connection_holds_nothing(message: UUID) -> None:
    postman = Postman(Withheld("Sign in again.", scope=Scope.ACCOUNT))
    grants.keep()

    def connect_anew(_: Parcel) -> None:
        grants.keep()

    postman.while_sending = connect_anew
    work_once(postman)

    assert record(message).state == State.QUEUED


def test_a_late_acceptance_opens_nothing_that_was_closed(message: UUID) -> None:
    postman = Postman()

    def reset(_: Parcel) -> None:
        close(message)

    postman.while_sending = reset
    work_once(postman)

    assert record(message).state == State.SENT
    assert holding(message) == "The settings were reset."


def test_what_was_claimed_before_a_reset_waits_behind_it(message: UUID) -> None:
    postman = Postman(Withheld("Sign in again.", scope=Scope.ACCOUNT))

    def reset(_: Parcel) -> None:
        close(message)

    postman.while_sending = reset
    work_once(postman)

    assert record(message).state == State.HELD
    assert holding(message) == "The settings were reset."


def close(message: UUID) -> None:
    with db.session() as session:
        lanes.close(session, record(message).account_id, "The settings were reset.")


def holding(message: UUID) -> str:
    with db.reading() as session:
        hold = lanes.holding(session, record(message).account_id)
    return hold.reason if hold else ""


def test_erased_content_fails_the_message(message: UUID) -> None:
    with db.session() as session:
        session.get_one(content.ContentRow, message).sealed_key = None

    work_once(Postman())

    assert record(message).state == State.FAILED


def test_without_its_key_the_worker_claims_nothing(message: UUID) -> None:
    postman = Postman()
    worker = Worker({"graph": postman})
    vault.lock()

    worker.stop()
    worker.run()

    assert record(message).state == State.QUEUED
    assert postman.parcels == []


def test_a_stopped_worker_finishes_what_it_has_begun(message: UUID) -> None:
    postman = Postman()
    worker = Worker({"graph": postman})
    postman.while_sending = lambda _: worker.stop()

    worker.run()

    assert record(message).state == State.SENT
