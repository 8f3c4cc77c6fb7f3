"""A machine whose clock is set wrong, and right again, while its worker runs."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
import time_machine

from portal import clock, db
from portal.accept import Caller
from portal.config import Config
from portal.delivery.worker import Worker
from portal.intake import desk
from portal.mail.lanes import FeedRow
from portal.mail.message import Message
from portal.mail.outbox import State
from tests.delivery.steps import record
from tests.mail import backlog
from tests.postman import Postman
from tests.workspace import grants

DAY = timedelta(days=1)


def server_time() -> datetime:
    with db.reading() as session:
        return db.server_time(session)


def attended_at() -> datetime:
    with db.reading() as session:
        at = session.get_one(FeedRow, backlog.account()).attended_at
    assert at
    return at


def accept_elsewhere() -> UUID:
    """Accept a message on another machine, whose clock is right."""
    brought = Message(to="jane@example.com", text="Well.")
    message = UUID(desk.take(brought, Caller(name="test")).id)
    backlog.change(message, accepted_at=server_time(), due_at=server_time())
    return message


@pytest.fixture
def worker(postgres_house: Config) -> Worker:
    """Have a worker go by the clock of a database on another machine."""
    grants.send_as("reports@contoso.example")
    backlog.open_lane(backlog.account())
    worker = Worker({"graph": Postman()})
    worker.work_once()
    return worker


@pytest.mark.parametrize("step", [DAY, -DAY])
def test_a_worker_claims_whatever_its_clock_did(
    worker: Worker, step: timedelta
) -> None:
    with time_machine.travel(step):
        worker.work_once()
    message = accept_elsewhere()

    worker.work_once()

    assert record(message).state == State.SENT
    assert abs(clock.now() - server_time()) < timedelta(minutes=1)


@pytest.mark.parametrize("step", [DAY, -DAY])
def test_a_worker_sweeps_whatever_its_clock_did(
    worker: Worker, step: timedelta
) -> None:
    with time_machine.travel(step):
        worker.work_once()
    worker.work_once()
    before = attended_at()

    with time_machine.travel(timedelta(minutes=11)):
        worker.work_once()

    assert before < attended_at() < server_time()
