"""Retention: content goes first, then the story; what waits for somebody stays."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from portal import clock, db
from portal.config import Config
from portal.errors import Conflict, NotFound
from portal.mail import content, journal, retention
from portal.mail.content import Chunk
from portal.mail.journal import Event, Line
from portal.mail.outbox import State, decisions
from tests import stored
from tests.conftest import Passing
from tests.mail import backlog

ANN = "ann@contoso.example"
MINUTE = timedelta(minutes=1)


def fill(message: UUID, chunks: int = 1) -> None:
    """Give a message a content of so many chunks."""
    with db.session() as session:
        upload = content.begin(session, message)
        for number in range(chunks):
            last = number == chunks - 1
            plain = Chunk(part=0, number=number, last=last, plain=b"x" * 1000)
            content.add(session, upload, plain)
        content.finish(session, upload, [1000 * chunks])


def put(account: UUID, chunks: int = 1) -> UUID:
    message = backlog.put(account)
    fill(message, chunks)
    return message


def ended(account: UUID, to: State = State.SENT, chunks: int = 1) -> UUID:
    """Put a message and end it now."""
    message = put(account, chunks)
    [claim] = backlog.take()
    event = Event.SENT if to == State.SENT else Event(to)
    backlog.settle(claim, to, event)
    return message


def erase() -> int:
    with db.session() as session:
        return retention.erase(session, clock.now())


def clear() -> int:
    with db.session() as session:
        return content.clear(session)


def forget() -> int:
    with db.session() as session:
        return retention.forget(session, clock.now())


def trim() -> int:
    with db.session() as session:
        return retention.trim(session, clock.now())


def note_account(account: UUID, times: int = 1) -> None:
    with db.session() as session:
        for _ in range(times):
            line = Line(event=Event.ACCOUNT_HELD, account_id=account, reason="Full.")
            journal.write(session, line)
            session.flush()


def everything() -> None:
    for part in (erase, clear, forget, trim):
        while part():
            pass


def test_an_erased_content_cannot_be_read_and_is_deleted_then(
    account: UUID, passes: Passing
) -> None:
    message = ended(account)
    passes(minutes=1)

    assert erase() == 1

    with db.reading() as session, pytest.raises(NotFound):
        content.find(session, message)
    assert (backlog.row(message)["kept"], stored.rows("content", "chunk")) == (False, 2)
    assert (clear(), clear()) == (1, 0)
    assert stored.rows("content", "chunk") == 0


@pytest.mark.parametrize("state", [State.SENT, State.FAILED])
def test_what_ended_is_kept_as_long_as_it_says(
    account: UUID, passes: Passing, state: State
) -> None:
    ended(account, state)

    assert (erase(), forget()) == (0, 0)
    passes(minutes=1)

    assert (erase(), erase()) == (1, 0)
    assert (forget(), forget()) == (1, 0)


@pytest.mark.parametrize("state", [State.HELD, State.UNCONFIRMED])
def test_what_waits_for_somebody_is_never_erased(
    account: UUID, passes: Passing, state: State
) -> None:
    waits = ended(account, state)
    queued = put(account)
    passes(days=3650)

    everything()

    assert backlog.state(waits) == state
    assert backlog.state(queued) == State.QUEUED
    assert stored.rows("content", "chunk") == 4


def test_the_oldest_goes_first_and_only_so_many_at_once(
    account: UUID, passes: Passing
) -> None:
    messages = []
    for _ in range(retention.MESSAGES + 1):
        message = backlog.put(account)
        [claim] = backlog.take()
        backlog.settle(claim)
        messages.append(message)
        passes(seconds=1)

    assert erase() == retention.MESSAGES

    assert [backlog.row(message)["kept"] for message in messages[-2:]] == [False, True]
    assert (erase(), forget(), forget()) == (1, retention.MESSAGES, 1)


def test_a_large_content_goes_in_parts(account: UUID, passes: Passing) -> None:
    ended(account, chunks=2 * content.CLEARED_CHUNKS)
    passes(minutes=1)
    erase()

    left = []
    while clear():
        left.append(stored.rows("content", "chunk"))

    assert left == [1 + content.CLEARED_CHUNKS, 1, 0]


def test_a_message_goes_with_its_story(account: UUID, passes: Passing) -> None:
    old = ended(account)
    passes(minutes=2)
    with db.session() as session:
        retention.erase(session, clock.now() - MINUTE)
    young = ended(account)

    with db.session() as session:
        assert retention.forget(session, clock.now() - MINUTE) == 1

    assert backlog.events(old) == []
    assert backlog.events(young) == [Event.ACCEPTED, Event.SENDING, Event.SENT]
    with pytest.raises(NotFound):
        backlog.record(old)


def test_a_long_story_goes_in_parts_and_the_message_last(
    account: UUID, passes: Passing
) -> None:
    message = ended(account)
    with db.session() as session:
        for _ in range(retention.LINES):
            line = Line(event=Event.DEFERRED, message_id=message)
            journal.write(session, line)
    note_account(account)
    passes(minutes=1)
    erase()

    assert (forget(), stored.rows("message", "journal")) == (1, 5)
    assert (forget(), stored.rows("message", "journal")) == (1, 1)


def test_the_newest_line_stays_so_that_its_number_is_not_given_again(
    account: UUID, passes: Passing
) -> None:
    note_account(account, 2)
    with db.reading() as session:
        [*_, (newest, _)] = journal.latest(session, 2)
    passes(days=1)

    trim()
    note_account(account)

    with db.reading() as session:
        assert [number for number, _ in journal.after(session, newest, 9)] != []


def test_what_is_told_of_accounts_goes_by_its_age(
    account: UUID, passes: Passing
) -> None:
    note_account(account, 2)
    held = ended(account, State.HELD)
    passes(minutes=1)
    note_account(account)

    assert (trim(), trim()) == (2, 0)

    assert stored.rows("journal") == 1 + len(backlog.events(held))


def test_an_erased_message_is_neither_sent_again_nor_copied(
    account: UUID, passes: Passing
) -> None:
    message = ended(account, State.FAILED)
    passes(minutes=1)
    erase()

    for decide in (retry, resend):
        with pytest.raises(Conflict, match="content was erased"):
            decide(message)


def retry(message: UUID) -> None:
    with db.session() as session:
        decisions.retry(session, message, ANN)


def resend(message: UUID) -> None:
    with db.session() as session:
        decisions.resendable(session, message)


def test_several_may_do_it_at_once(postgres_house: Config, passes: Passing) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    ended(account)
    passes(minutes=1)

    with db.session() as one, db.session() as other:
        assert retention.erase(one, clock.now()) == 1
        other.execute(text("SET LOCAL lock_timeout = '2s'"))
        assert retention.erase(other, clock.now()) == 0
        assert content.clear(other) == 0


@pytest.mark.parametrize(
    ("part", "indexes"),
    [
        (erase, {"ix_message_kept", "sqlite_autoindex_message_1"}),
        (forget, {"ix_message_erased", "sqlite_autoindex_message_1"}),
    ],
)
def test_only_what_has_ended_is_looked_at(
    house: Config, passes: Passing, part: Callable[[], int], indexes: set[str]
) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    ended(account)
    passes(minutes=1)
    if part is forget:
        erase()

    with backlog.spoken() as said:
        assert part() == 1

    steps = [step for step in backlog.plans(said) if " message" in step]
    assert [step for step in steps if not step.startswith("SEARCH")] == []
    assert {step.split()[4] for step in steps} == indexes


def test_no_part_reads_through_history(house: Config, passes: Passing) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    ended(account)
    passes(minutes=1)
    erase()

    with backlog.spoken() as said:
        clear()
        forget()
        trim()

    steps = backlog.plans(said, table="")
    scans = [step for step in steps if step.startswith("SCAN")]
    assert {step.split()[-1] for step in scans} <= {"ix_content_erased", "anon_1"}
    assert not [step for step in steps if "TEMP B-TREE" in step]
