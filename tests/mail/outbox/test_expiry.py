"""How long a message may take: what it was given, and five days in any case."""

from datetime import timedelta
from uuid import UUID

import pytest

from portal import clock, db
from portal.explanations import own, tell
from portal.mail import journal, lanes
from portal.mail.journal import Event
from portal.mail.outbox import State, expiry, overdue
from portal.mail.outbox.expiry import BEFORE
from tests.conftest import Passing
from tests.mail import backlog


def attend() -> None:
    with db.session() as session:
        expiry.attend(session)


def release(account: UUID) -> None:
    with db.session() as session:
        lanes.release(session, account)


def count(account: UUID) -> int:
    with db.session() as session:
        return overdue.count(session, account)


@pytest.fixture
def account(account: UUID) -> UUID:
    """Let a worker attend to the lane."""
    attend()
    return account


def keep_attending(passes: Passing, days: int) -> None:
    """Let days pass, with a worker there all the time."""
    for _ in range(days * 48):
        passes(minutes=30)
        attend()


def test_a_message_whose_time_is_over_fails_and_says_so(
    account: UUID, passes: Passing
) -> None:
    over = clock.now() + timedelta(minutes=5)
    message = backlog.put(account, expires_at=over)

    assert backlog.expire() == 0
    passes(minutes=5)
    assert backlog.expire() == 1
    assert backlog.expire() == 0

    record = backlog.record(message)
    assert (record.state, record.finished_at) == (State.FAILED, clock.now())
    assert record.reason == own.OVER.sentence
    assert backlog.events(message) == [Event.ACCEPTED, Event.EXPIRED]
    assert backlog.take() == []


def test_time_counts_behind_a_held_account_too(account: UUID, passes: Passing) -> None:
    message = backlog.put(account, expires_at=clock.now() + timedelta(minutes=5))
    backlog.hold(account, "The mailbox is full.")

    passes(minutes=5)

    assert backlog.expire() == 1
    assert backlog.state(message) is State.FAILED
    assert why(message) == f"{own.OVER.why} {BEFORE} The mailbox is full."


def why(message: UUID) -> str:
    """Return why it was not sent, as the message and its last line both tell."""
    record = backlog.record(message)
    with db.reading() as session:
        last = journal.story(session, message)[-1]
    assert last.reason == record.reason
    told = tell(record.reason, record.cause)
    assert told.steps == own.OVER.steps
    return told.why


def test_what_kept_it_back_is_told_with_that_its_time_was_over(
    account: UUID, passes: Passing
) -> None:
    messages = [
        backlog.put(account, expires_at=clock.now() + timedelta(minutes=5))
        for _ in "ab"
    ]
    tried, held = backlog.take()
    backlog.postpone(tried, clock.now() + timedelta(minutes=9))
    backlog.settle(held, State.HELD, Event.HELD)

    passes(minutes=5)
    backlog.expire()

    assert {why(each) for each in messages} == {
        f"{own.OVER.why} {BEFORE} {last}" for last in ("Later.", "So it is.")
    }


def test_the_command_that_would_have_ended_it_is_kept_too(
    account: UUID, passes: Passing
) -> None:
    message = backlog.put(account, expires_at=clock.now() + timedelta(minutes=5))
    backlog.change(message, reason="It lacks a right. Command: Add-Right 'a'")

    passes(minutes=5)
    backlog.expire()

    told = tell(backlog.record(message).reason, own.OVER.name)
    assert told.why.endswith("what kept it back. It lacks a right.")
    assert told.command == "Add-Right 'a'"


def test_time_counts_for_what_is_held_too(account: UUID, passes: Passing) -> None:
    message = backlog.put(account, expires_at=clock.now() + timedelta(minutes=5))
    [claim] = backlog.take()
    backlog.settle(claim, State.HELD, Event.HELD)

    passes(minutes=5)

    assert backlog.expire() == 1
    assert backlog.state(message) is State.FAILED


def test_what_may_have_been_sent_does_not_expire(
    account: UUID, passes: Passing
) -> None:
    over = clock.now() + timedelta(minutes=5)
    on_the_way = backlog.put(account, expires_at=over)
    doubted = backlog.put(account, expires_at=over)
    claimed = {claim.message_id: claim for claim in backlog.take()}
    backlog.doubt(claimed[doubted])

    passes(minutes=5)

    assert backlog.expire() == 0
    assert {backlog.state(on_the_way), backlog.state(doubted)} == {State.SENDING}


def test_what_was_tried_for_five_days_has_failed(
    account: UUID, passes: Passing
) -> None:
    message = backlog.put(account)
    keep_attending(passes, days=4)
    assert backlog.outlive() == 0

    keep_attending(passes, days=1)
    passes(seconds=1)
    assert backlog.outlive() == 1

    record = backlog.record(message)
    assert (record.state, record.reason) == (State.FAILED, own.FIVE_DAYS.sentence)
    assert backlog.events(message)[-1] is Event.EXPIRED


def test_the_five_days_do_not_run_while_a_human_is_waited_for(
    account: UUID, passes: Passing
) -> None:
    message = backlog.put(account)
    backlog.hold(account)
    keep_attending(passes, days=4)
    assert backlog.outlive() == 0
    release(account)

    keep_attending(passes, days=4)

    assert backlog.outlive() == 0
    assert backlog.state(message) is State.QUEUED


def test_the_five_days_do_not_run_while_no_worker_does(
    account: UUID, passes: Passing
) -> None:
    message = backlog.put(account)
    passes(days=4)
    attend()
    passes(minutes=59)
    attend()

    assert backlog.state(message) is State.QUEUED
    assert backlog.outlive() == 0


def test_what_grew_old_while_no_worker_ran_waits_for_a_word(
    account: UUID, passes: Passing
) -> None:
    message = backlog.put(account)
    passes(days=6)

    attend()

    assert backlog.state(message) is State.HELD
    assert count(account) == 1
    assert backlog.outlive() == 0


def test_a_restart_is_no_absence(account: UUID, passes: Passing) -> None:
    backlog.put(account)
    keep_attending(passes, days=5)
    passes(minutes=59)
    attend()

    assert count(account) == 0
    assert backlog.outlive() == 1


def test_what_may_have_been_sent_is_not_given_up(
    account: UUID, passes: Passing
) -> None:
    message = backlog.put(account)
    [claim] = backlog.take()
    backlog.doubt(claim)

    keep_attending(passes, days=6)

    assert backlog.outlive() == 0
    assert backlog.state(message) is State.SENDING
