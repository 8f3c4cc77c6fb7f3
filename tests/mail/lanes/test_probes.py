"""What a held account may try: one message after the other, whatever holds them up."""

from typing import Literal
from uuid import UUID

import pytest

from portal import db
from portal.accept import Caller
from portal.config import Config
from portal.delivery.backoff import LONGEST_WAIT
from portal.delivery.outcome import URGENT_TRIES
from portal.delivery.transport import Parcel
from portal.delivery.worker import Worker
from portal.errors import Deferred, Withheld
from portal.explanations.graph import MAILBOX_FULL
from portal.explanations.row import FATE_OF_ALL, FATES
from portal.intake import desk
from portal.mail import journal, lanes
from portal.mail.journal import Line
from portal.mail.message import Message
from portal.mail.outbox import Priority, State
from tests.conftest import Passing
from tests.mail import backlog
from tests.postman import Postman
from tests.workspace import grants

NAMES: dict[Priority, Literal["high", "normal"]] = {
    Priority.HIGH: "high",
    Priority.NORMAL: "normal",
}


@pytest.fixture
def flowing(house: Config) -> UUID:
    """Let the default account send as reports@contoso.example; return its id."""
    account = backlog.account()
    grants.send_as("reports@contoso.example")
    backlog.open_lane(account, in_flight=1)
    return account


def accept(priority: Priority = Priority.NORMAL) -> UUID:
    brought = Message(to="jane@example.com", text="Well.", priority=NAMES[priority])
    return UUID(desk.take(brought, Caller(name="test")).id)


def work(postman: Postman, times: int = 100) -> None:
    """Do what is due, one message after the other."""
    worker = Worker({"graph": postman})
    for _ in range(times):
        if not worker.work_once():
            return


def refusing(refused: UUID) -> Postman:
    """Make a postman whose mailbox has no room for one message, so it says."""

    def refuse(parcel: Parcel) -> None:
        if parcel.message_id == refused:
            raise MAILBOX_FULL.error()

    postman = Postman()
    postman.while_sending = refuse
    return postman


def last(message: UUID) -> Line:
    with db.reading() as session:
        return journal.story(session, message)[-1]


def holding(account: UUID) -> bool:
    with db.reading() as session:
        return lanes.holding(session, account) is not None


def test_a_probe_is_the_message_that_was_tried_least_recently(
    account: UUID, passes: Passing
) -> None:
    put = []
    for priority in Priority:
        put.append(backlog.put(account, priority=priority))
        passes(seconds=1)
    backlog.hold(account)

    probed = []
    for _ in range(4):
        passes(hours=1)
        [claim] = backlog.take()
        backlog.postpone(claim)
        probed.append(claim.message_id)

    assert probed == [*put, put[0]]


@pytest.mark.parametrize("priority", NAMES)
def test_a_message_that_alone_is_refused_holds_the_others_once(
    flowing: UUID, passes: Passing, priority: Priority
) -> None:
    refused = accept(priority)
    postman = refusing(refused)
    work(postman)
    passes(seconds=1)
    good = accept()
    assert holding(flowing)

    for _ in range(2):
        passes(minutes=15)
        work(postman)

    assert backlog.state(good) is State.SENT
    assert not holding(flowing)
    record, line = backlog.record(refused), last(refused)
    assert (record.state, record.behind) == (State.HELD, False)
    assert [record.told.fate, line.explained.fate] == [FATES[Withheld]] * 2


def test_what_is_refused_again_before_others_went_holds_its_account(
    flowing: UUID, passes: Passing
) -> None:
    refused = accept()
    postman = refusing(refused)

    for _ in range(5):
        work(postman)
        passes(hours=1)

    assert len(postman.parcels) == 5
    assert holding(flowing)
    assert backlog.record(refused).behind


def test_what_is_refused_again_after_a_change_holds_its_account(
    flowing: UUID, passes: Passing
) -> None:
    refused = accept()
    postman = refusing(refused)
    work(postman)
    passes(seconds=1)

    backlog.open_lane(flowing, in_flight=1)  # as whatever was set releases it
    work(postman)

    record, line = backlog.record(refused), last(refused)
    assert len(postman.parcels) == 2
    assert holding(flowing)
    assert record.behind
    assert [record.told.fate, line.explained.fate] == [FATE_OF_ALL] * 2


def test_what_was_urgent_in_vain_overtakes_nobody_any_more(
    flowing: UUID, passes: Passing
) -> None:
    urgent, good = accept(Priority.HIGH), accept()
    postman = Postman(Deferred())

    for _ in range(URGENT_TRIES + 1):
        work(postman, times=1)
        passes(seconds=LONGEST_WAIT.total_seconds())

    tried = [parcel.message_id for parcel in postman.parcels]
    assert tried == [*[urgent] * URGENT_TRIES, good]
