"""The journal: the story of a message, in order, in its own words, cut to size."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from portal import clock, db
from portal.config import Config
from portal.errors import WORDS_LIMIT, Answer
from portal.mail import journal
from portal.mail.journal import Event, Line
from tests.mail import backlog

WHOLE = Line(
    event=Event.DEFERRED,
    account_id=UUID(int=1),
    attempt=3,
    reason="Microsoft asks us to wait.",
    answer=Answer(status=429, code="TooMany", text="Slow down", request_id="r1"),
    took=timedelta(milliseconds=1500),
    again_at=clock.now() + timedelta(minutes=5),
)


def write(*lines: Line) -> None:
    with db.session() as session:
        for line in lines:
            journal.write(session, line)


def latest(limit: int = 100) -> list[tuple[int, Line]]:
    with db.reading() as session:
        return journal.latest(session, limit)


def after(cursor: int, limit: int = 100) -> list[tuple[int, Line]]:
    with db.reading() as session:
        return journal.after(session, cursor, limit)


def test_a_line_comes_back_as_it_was_written(either_house: Config) -> None:
    line = replace(WHOLE, message_id=db.new_id())

    write(line)

    [(_, read)] = latest()
    assert read.at is not None
    assert replace(read, at=None) == line


def test_a_line_may_say_very_little(either_house: Config) -> None:
    write(Line(event=Event.ACCEPTED))

    [(_, read)] = latest()
    assert replace(read, at=None) == Line(event=Event.ACCEPTED)


def test_what_took_no_time_took_some(either_house: Config) -> None:
    write(Line(event=Event.SENT, took=timedelta()))

    assert latest()[0][1].took == timedelta()


def test_the_words_of_others_are_cut(either_house: Config) -> None:
    write(Line(event=Event.FAILED, answer=Answer(text="ä" * 10_000)))

    answer = latest()[0][1].answer
    assert answer == Answer(text="ä" * WORDS_LIMIT)


def test_a_story_is_told_in_order_and_of_one_message(account: UUID) -> None:
    one, other = backlog.put(account), backlog.put(account)
    claims = {claim.message_id: claim for claim in backlog.take()}
    backlog.settle(claims[other])
    backlog.doubt(claims[one])

    assert backlog.events(one) == [Event.ACCEPTED, Event.SENDING, Event.DOUBTED]
    assert backlog.events(other) == [Event.ACCEPTED, Event.SENDING, Event.SENT]


def test_lines_are_read_on_from_a_cursor(either_house: Config) -> None:
    write(*(Line(event=Event.SENT, reason=str(number)) for number in range(5)))
    cursor = latest()[1][0]

    read = after(cursor, 2)
    rest = after(read[-1][0])
    nothing = after(rest[-1][0])

    assert [line.reason for _, line in read] == ["2", "3"]
    assert [line.reason for _, line in rest] == ["4"]
    assert nothing == []


def test_the_latest_lines_end_with_the_newest(either_house: Config) -> None:
    write(*(Line(event=Event.SENT, reason=str(number)) for number in range(5)))

    assert [line.reason for _, line in latest(2)] == ["3", "4"]


def test_a_line_that_is_committed_late_is_not_passed_over(
    postgres_house: Config,
) -> None:
    with db.session() as slow:
        journal.write(slow, Line(event=Event.SENT, reason="first"))
        slow.flush()
        write(Line(event=Event.SENT, reason="second"))
        assert latest() == after(0) == []

    read = after(0)
    assert [line.reason for _, line in read] == ["first", "second"]
    assert latest() == read


def test_what_was_not_committed_was_not_said(either_house: Config) -> None:
    with pytest.raises(KeyError):
        interrupted()

    assert latest() == []


def interrupted() -> None:
    with db.session() as session:
        journal.write(session, WHOLE)
        session.flush()
        raise KeyError
