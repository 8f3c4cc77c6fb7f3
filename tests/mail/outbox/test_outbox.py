"""The outbox: each change of state has its line, and only who holds a claim decides."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from portal import clock, db
from portal.config import Config
from portal.errors import NotFound
from portal.mail import journal, outbox
from portal.mail.journal import Event, Line
from portal.mail.outbox import (
    Claim,
    ClaimLost,
    Entry,
    MessageRow,
    State,
    claims,
    endings,
    records,
)
from tests.conftest import Passing
from tests.mail import backlog

ENDS: dict[str, Callable[[Claim], None]] = {
    "settle": backlog.settle,
    "postpone": backlog.postpone,
    "resume": backlog.resume,
    "doubt": backlog.doubt,
}


@pytest.fixture
def message(account: UUID) -> UUID:
    """Put one message into an account whose lane is open."""
    return backlog.put(account)


def lines() -> int:
    with db.reading() as session:
        return len(journal.latest(session, 1000))


def test_a_message_is_put_with_its_first_line(message: UUID) -> None:
    record = backlog.record(message)

    assert (record.state, record.attempts) == (State.QUEUED, 0)
    assert record.accepted_at == record.next_attempt_at
    assert backlog.events(message) == [Event.ACCEPTED]


def test_what_is_put_comes_back_as_it_was(either_house: Config) -> None:
    entry = Entry(
        id=db.new_id(),
        account_id=backlog.account(),
        key_id=uuid4(),
        sender="Ann@contoso.example",
        to=("Ü@contoso.example",),
        cc=("b@contoso.example",),
        bcc=("c@contoso.example",),
        subject="Grüße 🎉 'quoted' \\ \"twice\"",
        size=150_000_000_000,
        internet_message_id="<x@contoso.example>",
        expires_at=clock.now() + timedelta(days=5),
        tags=("a,b", "[c]"),
    )

    with db.session() as session:
        outbox.put(session, entry)

    record = backlog.record(entry.id)
    for name in ("key_id", "sender", "subject", "size", "expires_at", "tags"):
        assert getattr(record, name) == getattr(entry, name)
    assert backlog.row(entry.id)["bcc"] == ["c@contoso.example"]


def test_a_message_whose_transaction_fails_was_never_there(message: UUID) -> None:
    before = lines()
    with pytest.raises(ZeroDivisionError):
        put_then_fail()

    assert lines() == before
    with db.reading() as session:
        assert session.query(MessageRow).count() == 1


def put_then_fail() -> None:
    with db.session() as session:
        entry = Entry(
            id=db.new_id(),
            account_id=uuid4(),
            key_id=None,
            sender="",
            to=(),
            cc=(),
            bcc=(),
            subject="",
            size=0,
            internet_message_id="",
        )
        outbox.put(session, entry)
        session.flush()
        raise ZeroDivisionError


def test_an_unknown_message_is_not_found(either_house: Config) -> None:
    with pytest.raises(NotFound):
        backlog.record(db.new_id())


@pytest.mark.parametrize(
    ("state", "event", "final"),
    [
        (State.SENT, Event.SENT, True),
        (State.FAILED, Event.FAILED, True),
        (State.HELD, Event.HELD, False),
        (State.UNCONFIRMED, Event.UNCONFIRMED, False),
    ],
)
def test_a_claim_ends_in_a_state_with_its_line(
    message: UUID, passes: Passing, state: State, event: Event, final: bool
) -> None:
    [claim] = backlog.take()

    backlog.settle(claim, state, event)

    record = backlog.record(message)
    assert (record.state, record.reason) == (state, "So it is.")
    assert record.finished_at == (clock.now() if final else None)
    assert record.next_attempt_at is None
    assert backlog.events(message) == [Event.ACCEPTED, Event.SENDING, event]
    assert backlog.take() == []


def test_a_line_of_an_attempt_names_it(message: UUID) -> None:
    [claim] = backlog.take()
    backlog.settle(claim)

    with db.reading() as session:
        story = journal.story(session, message)

    assert [line.attempt for line in story] == [0, 1, 1]
    assert {line.account_id for line in story} == {claim.account_id}


def test_a_postponed_message_waits_for_its_time(message: UUID, passes: Passing) -> None:
    [claim] = backlog.take()

    backlog.postpone(claim, clock.now() + timedelta(seconds=60))

    assert backlog.state(message) is State.QUEUED
    passes(seconds=59)
    assert backlog.take() == []
    passes(seconds=1)
    assert [claim.attempt for claim in backlog.take()] == [2]


def test_faults_of_ours_are_counted_and_waited_for(
    message: UUID, passes: Passing
) -> None:
    for faults in range(3):
        [claim] = backlog.take()
        assert (claim.faults, claim.doubted) == (faults, False)
        again_at = clock.now() + timedelta(seconds=60)
        with db.session() as session:
            endings.stumble(
                session, claim, Line(event=Event.DEFERRED, again_at=again_at)
            )
        assert backlog.state(message) is State.QUEUED
        assert backlog.take() == []
        passes(seconds=60)


def test_a_doubt_is_looked_up_on_schedule_and_no_more(
    message: UUID, passes: Passing
) -> None:
    [claim] = backlog.take()
    for wait in (5, 15, 60, 300, 900):
        assert not (claim.doubted and claim.last_look)
        backlog.doubt(claim)
        passes(seconds=wait - 1)
        assert backlog.take() == []
        passes(seconds=1)
        [claim] = backlog.take()

    assert claim.last_look
    assert claim.attempt == 1  # looking is no attempt


def test_a_doubt_that_nobody_settles_is_looked_up_at_the_longest_distance(
    message: UUID, passes: Passing
) -> None:
    for _ in range(8):
        [claim] = backlog.take()
        backlog.doubt(claim)
        passes(seconds=900)

    [claim] = backlog.take()
    assert (claim.doubted, claim.last_look) == (True, True)


def test_a_doubt_stays_when_its_look_up_is_postponed(
    message: UUID, passes: Passing
) -> None:
    [claim] = backlog.take()
    backlog.doubt(claim)
    passes(seconds=5)
    [claim] = backlog.take()

    backlog.postpone(claim, clock.now() + timedelta(seconds=60))

    assert backlog.state(message) is State.SENDING
    passes(seconds=60)
    [again] = backlog.take()
    assert (again.doubted, again.looks) == (True, claim.looks)


def test_what_was_found_not_sent_goes_again(message: UUID, passes: Passing) -> None:
    [claim] = backlog.take()
    backlog.doubt(claim)
    passes(seconds=5)
    [claim] = backlog.take()

    backlog.resume(claim, clock.now() + timedelta(seconds=30))

    assert backlog.state(message) is State.QUEUED
    passes(seconds=30)
    [again] = backlog.take()
    assert (again.doubted, again.looks, again.attempt) == (False, 0, 2)


@pytest.mark.parametrize("end", ENDS)
def test_a_lost_claim_decides_nothing(message: UUID, passes: Passing, end: str) -> None:
    [lost] = backlog.take()
    passes(seconds=claims.LEASE.total_seconds())
    assert backlog.recover() == 1
    before, told = backlog.row(message), lines()

    with pytest.raises(ClaimLost):
        ENDS[end](lost)

    assert backlog.row(message) == before
    assert lines() == told


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("state", [State.SENT, State.FAILED])
def test_a_final_state_is_final(message: UUID, state: State, end: str) -> None:
    [claim] = backlog.take()
    backlog.settle(claim, state)
    before = backlog.row(message)

    with pytest.raises(ClaimLost):
        ENDS[end](claim)

    assert backlog.row(message) == before
    assert (backlog.take(), backlog.recover(), backlog.expire()) == ([], 0, 0)


def test_a_claim_of_another_message_decides_nothing(message: UUID) -> None:
    other = backlog.put(backlog.account())
    [one] = backlog.take(wanted=1)
    assert one.message_id == message
    before = backlog.row(other)

    backlog.settle(one)

    assert backlog.row(other) == before


def test_messages_that_wait_are_counted(message: UUID) -> None:
    account = backlog.account()
    held = db.new_id()
    backlog.put(held)
    backlog.put(account)
    backlog.take(wanted=1)

    with db.reading() as session:
        assert records.waiting(session) == 2
        assert records.waiting(session, account) == 1
        assert records.waiting(session, held) == 1


def test_a_claim_and_its_line_fail_together(message: UUID) -> None:
    [claim] = backlog.take()
    before, told = backlog.row(message), lines()

    with pytest.raises(ZeroDivisionError):
        settle_then_fail(claim)

    assert backlog.row(message) == before
    assert lines() == told


def settle_then_fail(claim: Claim) -> None:
    with db.session() as session:
        endings.settle(session, claim, State.SENT, Line(event=Event.SENT))
        raise ZeroDivisionError
