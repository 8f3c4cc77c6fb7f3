"""Mail that is too old to go without a word: set aside, sent on, discarded."""

from datetime import timedelta
from uuid import UUID

import pytest

from portal import clock, db
from portal.config import Config
from portal.explanations import own
from portal.mail import journal
from portal.mail.journal import Event
from portal.mail.outbox import State, overdue
from tests.conftest import Passing
from tests.mail import backlog

ANN = "ann@contoso.example"


def set_aside(account: UUID) -> int:
    with db.session() as session:
        return overdue.set_aside(session, account)


def send(account: UUID) -> int:
    with db.session() as session:
        return overdue.send(session, account, ANN)


def discard(account: UUID) -> int:
    with db.session() as session:
        return overdue.discard(session, account, ANN)


def count(account: UUID) -> int:
    with db.reading() as session:
        return overdue.count(session, account)


def reasons(message: UUID) -> list[tuple[Event, str]]:
    with db.reading() as session:
        story = journal.story(session, message)
    return [(line.event, line.reason) for line in story]


def test_what_is_older_than_five_days_is_set_aside(
    account: UUID, passes: Passing
) -> None:
    old = backlog.put(account)
    passes(seconds=1)
    young = backlog.put(account)
    passes(days=5)

    assert set_aside(account) == 1

    assert backlog.state(old) is State.HELD
    assert backlog.record(old).reason == own.WAITED.sentence
    assert reasons(old)[-1] == (Event.HELD, own.WAITED.sentence)
    assert backlog.taken() == [young]


def test_nothing_is_set_aside_twice(account: UUID, passes: Passing) -> None:
    message = backlog.put(account)
    passes(days=6)

    assert (set_aside(account), set_aside(account)) == (1, 0)
    assert backlog.events(message) == [Event.ACCEPTED, Event.HELD]


def test_another_account_keeps_its_mail(account: UUID, passes: Passing) -> None:
    other = db.new_id()
    message = backlog.put(other)
    passes(days=6)

    assert set_aside(account) == 0
    assert backlog.row(message)["state"] == State.QUEUED


def test_what_is_on_its_way_or_in_doubt_is_left_alone(
    account: UUID, passes: Passing
) -> None:
    for _ in range(2):
        backlog.put(account)
    claims = backlog.take()
    backlog.doubt(claims[0])
    passes(days=6)

    assert set_aside(account) == 0


def test_only_what_was_set_aside_is_counted(account: UUID, passes: Passing) -> None:
    for _ in range(2):
        backlog.put(account)
    [claim] = backlog.take(wanted=1)
    backlog.settle(claim, State.HELD, Event.HELD)
    passes(days=6)

    set_aside(account)

    assert count(account) == 1
    assert send(account) == 1
    assert backlog.state(claim.message_id) is State.HELD


def test_a_word_sends_it_on(account: UUID, passes: Passing) -> None:
    message = backlog.put(account)
    passes(days=6)
    set_aside(account)

    assert send(account) == 1

    assert count(account) == 0
    assert backlog.state(message) is State.QUEUED
    assert backlog.record(message).reason == ""
    assert reasons(message)[-1] == (Event.RESUMED, f"{ANN} sent it on.")
    assert backlog.taken() == [message]


def test_what_was_sent_on_is_not_set_aside_by_the_next_release(
    account: UUID, passes: Passing
) -> None:
    message = backlog.put(account)
    passes(days=6)
    set_aside(account)
    send(account)
    passes(days=5)

    assert set_aside(account) == 0
    assert backlog.state(message) is State.QUEUED


def test_a_word_counts_no_longer_than_a_message_does(
    account: UUID, passes: Passing
) -> None:
    backlog.put(account)
    passes(days=6)
    set_aside(account)
    send(account)
    passes(days=5, seconds=1)

    assert set_aside(account) == 1


def test_what_is_discarded_is_cancelled(account: UUID, passes: Passing) -> None:
    message = backlog.put(account)
    passes(days=6)
    set_aside(account)

    assert discard(account) == 1

    assert count(account) == 0
    record = backlog.record(message)
    assert (record.state, record.finished_at) == (State.CANCELLED, clock.now())
    assert reasons(message)[-1] == (Event.CANCELLED, f"{ANN} discarded it.")
    assert (send(account), discard(account)) == (0, 0)


@pytest.mark.parametrize("before", [{"draft_begun": True}, {"repeats": 1}])
def test_what_may_have_left_before_it_was_discarded_is_unconfirmed(
    account: UUID, passes: Passing, before: dict[str, object]
) -> None:
    message = backlog.put(account)
    backlog.change(message, **before)
    passes(days=6)
    set_aside(account)

    assert discard(account) == 1

    said = f"{ANN} discarded it, but it may have been sent before."
    assert (backlog.state(message), count(account)) == (State.UNCONFIRMED, 0)
    assert reasons(message)[-1] == (Event.UNCONFIRMED, said)


def test_expires_at_counts_for_what_is_set_aside(
    account: UUID, passes: Passing
) -> None:
    message = backlog.put(account, expires_at=clock.now() + timedelta(days=7))
    passes(days=6)
    set_aside(account)
    assert backlog.expire() == 0
    passes(days=1)

    assert backlog.expire() == 1

    assert backlog.state(message) is State.FAILED
    assert count(account) == 0


def test_a_probe_is_never_too_old(account: UUID, passes: Passing) -> None:
    old = backlog.put(account)
    backlog.hold(account)
    passes(days=6)
    young = backlog.put(account)

    assert backlog.taken() == [young]
    assert count(account) == 1
    assert backlog.events(old) == [Event.ACCEPTED, Event.HELD]


def test_setting_aside_reads_nothing_but_what_waits(
    house: Config, passes: Passing
) -> None:
    account = backlog.account()
    backlog.put(account)
    passes(days=6)

    with backlog.spoken() as said:
        set_aside(account)
        send(account)
        passes(days=6)
        set_aside(account)
        discard(account)

    steps = [step for step in backlog.plans(said) if " message" in step]
    assert [step for step in steps if not step.startswith("SEARCH")] == []
    assert {step.split()[4] for step in steps} == {
        "ix_message_waiting",
        "ix_message_overdue",
    }
