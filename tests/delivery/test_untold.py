"""A claim whose commit nobody confirmed: what it took goes at once, and goes once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from portal import db
from portal.accept import Caller
from portal.config import Config
from portal.delivery.transport import Accepted, Parcel
from portal.delivery.worker import Worker
from portal.errors import Answer
from portal.intake import desk
from portal.mail.journal import Event
from portal.mail.message import Message
from portal.mail.outbox import State
from tests.delivery.steps import events, record
from tests.journeys.running import eventually
from tests.mail import backlog
from tests.postman import TAKEN, Postman
from tests.workspace import grants

CLAIMED = "SELECT count(*) FROM message WHERE claim IS NOT NULL"


@pytest.fixture(autouse=True)
def open_lane(either_house: Config) -> None:
    """Let the default account send as reports@contoso.example."""
    grants.send_as("reports@contoso.example")
    backlog.open_lane(backlog.account())


def accept() -> UUID:
    brought = Message(to="jane@example.com", text="Well.")
    return UUID(desk.take(brought, Caller(name="test")).id)


@contextmanager
def losing_an_answer(claimed: int) -> Iterator[None]:
    """Lose the database's answer to the commit by which so many are claimed."""
    lost = threading.Event()

    def commit(connection: Connection) -> None:
        now = connection.exec_driver_sql(CLAIMED).scalar_one()
        if now == claimed and not lost.is_set():
            lost.set()
            connection.connection.commit()
            raise OperationalError("COMMIT", {}, ConnectionResetError())

    event.listen(db.engine(), "commit", commit)
    yield
    event.remove(db.engine(), "commit", commit)
    assert lost.is_set()


def test_what_a_worker_does_not_know_it_has_claimed_goes_at_the_next_poll() -> None:
    messages, postman = [accept() for _ in range(4)], Postman()
    worker = Worker({"graph": postman})
    worker.stop()  # so that it does not rest

    with losing_an_answer(claimed=4):
        assert not worker.work_once()
    assert {record(each).state for each in messages} == {State.SENDING}
    while worker.work_once():
        pass

    assert {record(each).state for each in messages} == {State.SENT}
    assert len(postman.parcels) == 4
    assert not any(Event.DOUBTED in events(each) for each in messages)


def test_what_was_left_to_its_lease_is_not_taken_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    unwritable = Accepted(answer=Answer(), note="\ud800")
    message, postman = accept(), Postman(unwritable, TAKEN)
    worker = Worker({"graph": postman})
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        eventually(lambda: "was left to its lease" in caplog.text)
        with losing_an_answer(claimed=2):
            other = accept()
            eventually(lambda: record(other).state == State.SENT)
    finally:
        worker.stop()
        thread.join()

    assert backlog.row(message)["claim"]
    assert [each.message_id for each in postman.parcels] == [message, other]


def test_what_a_worker_is_busy_with_is_not_taken_back() -> None:
    first, postman, done = accept(), Postman(), threading.Event()

    def take_long(parcel: Parcel) -> None:
        if parcel.message_id == first:
            done.wait(30)

    postman.while_sending = take_long
    worker = Worker({"graph": postman})
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        eventually(lambda: postman.parcels)
        with losing_an_answer(claimed=2):
            second = accept()
            eventually(lambda: record(second).state == State.SENT)
    finally:
        done.set()
        worker.stop()
        thread.join()

    assert [each.message_id for each in postman.parcels] == [first, second]
    assert events(first) == [Event.ACCEPTED, Event.SENDING, Event.SENT]
