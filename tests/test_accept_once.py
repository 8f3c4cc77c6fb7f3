"""The one way into the outbox, taken twice: the same again is one message."""

import threading
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from portal import accept, clock, db
from portal.accept import Caller, Draft, Order, Receipt
from portal.config import Config
from portal.errors import (
    Conflict,
    InvalidMessage,
    NotFound,
    PortalError,
)
from portal.mail import content
from tests.accepting import BEN, DRAFT, ONCE, check, order, send, store, stored
from tests.conftest import Passing
from tests.mail import backlog


@pytest.mark.parametrize("key", ["x" * 256, "ä", "a\nb", "a\x00b", "\x7f", "\ud800"])
def test_an_idempotency_key_that_is_none_is_refused(house: Config, key: str) -> None:
    with pytest.raises(InvalidMessage) as error:
        check(DRAFT, replace(BEN, idempotency_key=key))

    assert [problem.field for problem in error.value.problems] == ["Idempotency-Key"]


def test_the_same_again_gets_the_same_answer(either_house: Config) -> None:
    backlog.open_lane(backlog.account())
    first = send(caller=replace(ONCE, idempotency_key="x" * 255))

    again = send(caller=replace(ONCE, idempotency_key="x" * 255))

    assert again == first
    assert stored() == {"message": 1, "content": 1, "chunk": 2}


def test_the_same_again_gets_the_first_answer_however_far_it_is(house: Config) -> None:
    backlog.open_lane(backlog.account())
    first = send(caller=ONCE)
    [claim] = backlog.take()
    backlog.settle(claim)

    assert send(caller=ONCE) == first


def test_without_a_key_the_same_twice_is_two(house: Config) -> None:
    assert send().id != send().id


def test_other_content_under_the_same_key_is_a_conflict(either_house: Config) -> None:
    send(caller=ONCE)

    with pytest.raises(Conflict):
        send(replace(DRAFT, meaning=b"something else"), ONCE)

    assert stored()["message"] == 1


def test_the_same_key_of_somebody_else_means_nothing(house: Config) -> None:
    others = [
        ONCE,
        replace(ONCE, key_id=uuid4()),
        Caller(name="operator", idempotency_key=ONCE.idempotency_key),
        Caller(name="application", idempotency_key=ONCE.idempotency_key),
    ]

    assert len({send(caller=other).id for other in others}) == 4


def test_a_key_whose_message_was_not_stored_is_free_again(either_house: Config) -> None:
    checked = order(caller=ONCE)
    with pytest.raises(ZeroDivisionError):
        store_then_fail(checked)
    assert set(stored().values()) == {0}

    assert send(replace(DRAFT, meaning=b"something else"), ONCE).status


def store_then_fail(checked: Order) -> None:
    with db.session() as session:
        upload = content.begin(session, checked.message_id)
        accept.accept(session, checked, upload, ())
        session.flush()
        raise ZeroDivisionError


def test_twins_become_one_message_and_get_one_answer(either_house: Config) -> None:
    backlog.open_lane(backlog.account())

    answers = twins([DRAFT] * 8)

    assert [type(answer) for answer in answers] == [Receipt] * 8
    assert len(set(map(str, answers))) == 1
    assert stored() == {"message": 1, "content": 1, "chunk": 2}


def test_one_of_two_who_differ_wins_and_the_other_is_told(either_house: Config) -> None:
    drafts = [replace(DRAFT, meaning=str(number % 2).encode()) for number in range(6)]

    answers = twins(drafts)

    kinds = sorted(type(answer).__name__ for answer in answers)
    assert kinds == ["Conflict"] * 3 + ["Receipt"] * 3
    assert stored() == {"message": 1, "content": 1, "chunk": 2}


def twins(drafts: list[Draft]) -> list[Receipt | PortalError]:
    """Check all drafts, then store them all at once under the same key."""
    orders = [order(draft, ONCE) for draft in drafts]
    ready = threading.Barrier(len(drafts))
    answers: list[Receipt | PortalError] = []

    def run(checked: Order) -> None:
        ready.wait()
        try:
            answers.append(store(checked))
        except PortalError as error:
            answers.append(error)

    threads = [threading.Thread(target=run, args=(each,)) for each in orders]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return answers


def test_the_upload_of_a_slower_twin_is_discarded(either_house: Config) -> None:
    slow = order(caller=ONCE)
    with db.session() as session:
        upload = content.begin(session, slow.message_id)
    first = send(caller=ONCE)

    with db.session() as session:
        assert accept.accept(session, slow, upload, ()).id == first.id

    assert stored() == {"message": 1, "content": 1, "chunk": 2}


def test_an_upload_that_was_swept_becomes_no_message(either_house: Config) -> None:
    slow = order(caller=ONCE)
    with db.session() as session:
        upload = content.begin(session, slow.message_id)
        content.discard(session, slow.message_id)

    with pytest.raises(NotFound, match="swept"), db.session() as session:
        accept.accept(session, slow, upload, ())

    assert set(stored().values()) == {0}
    assert send(caller=ONCE).status


def test_a_key_is_remembered_until_it_is_forgotten(
    either_house: Config, passes: Passing
) -> None:
    first = send(caller=ONCE)
    passes(days=7)
    assert send(caller=ONCE).id == first.id

    with db.session() as session:
        accept.forget(session, clock.now() - timedelta(days=7))
    assert send(caller=ONCE).id == first.id

    passes(seconds=1)
    with db.session() as session:
        accept.forget(session, clock.now() - timedelta(days=7))
    assert send(caller=ONCE).id != first.id


def test_nothing_that_was_said_stands_in_the_clear_beside_a_key(house: Config) -> None:
    send(caller=ONCE)

    with db.reading() as session:
        [row] = session.query(accept.RepeatRow).all()

    assert DRAFT.meaning not in row.fingerprint
    assert len(row.fingerprint) == 32
    assert "the same" not in repr(DRAFT)
