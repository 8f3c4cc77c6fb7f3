"""The tally: what the journal tells is counted once, whoever counts, and soon read."""

from collections import Counter
from datetime import timedelta

import pytest

from portal import clock, db
from portal.config import Config
from portal.errors import Answer
from portal.mail import journal, tally
from portal.mail.journal import Event, Line
from portal.mail.tally import Kind, Span, adding
from tests import stored
from tests.conftest import Passing
from tests.mail.tally.counting import ONE, OTHER, add, add_all, ever, write


def tell(line: Line) -> None:
    with db.session() as session:
        journal.write(session, line)


def seconds(kind: Kind) -> float:
    with db.reading() as session:
        return sum(
            each.time.total_seconds()
            for each in tally.ever(session)
            if each.figure.kind == kind
        )


def since(span: Span, **ago: int) -> dict[str, int]:
    """Return what is counted since then, and what is not yet."""
    counts = Counter[str]()
    moment = clock.now() - timedelta(**ago)
    with db.reading() as session:
        found = tally.since(session, moment, span, {Event.SENT, Event.FAILED})
    for (_, name), count in found.items():
        counts[name] += count
    return dict(counts)


def test_every_line_is_counted_by_its_event_and_account(either_house: Config) -> None:
    write(Event.ACCEPTED, Event.ACCEPTED, Event.SENT)
    write(Event.ACCEPTED, account=OTHER)

    add_all()

    assert ever() == {"accepted": 2, "sent": 1}
    assert ever(account=OTHER) == {"accepted": 1}


def test_what_failed_for_two_causes_is_counted_for_each(either_house: Config) -> None:
    for cause in ("too-big", "bad-mime", "too-big"):
        tell(Line(event=Event.FAILED, account_id=ONE, cause=cause))

    add_all()

    with db.reading() as session:
        told = {each.figure.cause: each.count for each in tally.ever(session)}
    assert told == {"too-big": 2, "bad-mime": 1}


def test_what_is_counted_is_not_counted_again(either_house: Config) -> None:
    write(Event.SENT)
    add_all()
    write(Event.SENT)
    add_all()

    add_all()

    assert ever() == {"sent": 2}


def test_a_long_journal_is_counted_in_parts(either_house: Config) -> None:
    write(*[Event.SENT] * 5)
    while add(most=2):
        pass

    while add(most=2):
        pass

    assert ever() == {"sent": 5}


def test_how_long_attempts_took_is_counted_by_the_next_bound(
    either_house: Config,
) -> None:
    for milliseconds in (50, 51, 900, 2_000_000):
        took = timedelta(milliseconds=milliseconds)
        tell(Line(event=Event.SENT, account_id=ONE, took=took))

    add_all()

    assert ever(Kind.ATTEMPT) == {"0.05": 1, "0.1": 1, "1": 1, "inf": 1}
    assert seconds(Kind.ATTEMPT) == 2001.001


def test_how_long_answers_took_is_counted_apart(either_house: Config) -> None:
    for milliseconds in (0, 40, 960):
        answer = Answer(status=202, milliseconds=milliseconds)
        took = timedelta(seconds=20)
        tell(Line(event=Event.SENT, account_id=ONE, answer=answer, took=took))

    add_all()

    assert ever(Kind.ANSWER) == {"0.05": 1, "1": 1}
    assert seconds(Kind.ANSWER) == 1


def test_an_attempt_that_holds_its_account_took_its_time_once(
    either_house: Config,
) -> None:
    answer = Answer(status=403, milliseconds=40)
    for event in (Event.HELD, Event.ACCOUNT_HELD):
        took = timedelta(seconds=1)
        tell(Line(event=event, account_id=ONE, answer=answer, took=took))

    add_all()

    assert ever(Kind.ATTEMPT) == {"1": 1}
    assert ever(Kind.ANSWER) == {"0.05": 1}


@pytest.mark.parametrize(
    ("status", "counted"), [(429, {"wait": 1}), (432, {"wait": 1}), (503, {})]
)
def test_it_is_counted_how_long_others_asked_us_to_wait(
    either_house: Config, passes: Passing, status: int, counted: dict[str, int]
) -> None:
    passes()
    answer, then = Answer(status=status), clock.now() + timedelta(seconds=90)
    tell(
        Line(event=Event.DEFERRED, account_id=ONE, answer=answer, again_at=then),
    )

    add_all()

    assert ever(Kind.THROTTLED) == counted
    assert seconds(Kind.THROTTLED) == 90 * len(counted)


def test_days_and_hours_are_told_apart(either_house: Config, passes: Passing) -> None:
    passes(days=1)
    write(Event.SENT)
    passes(days=1)
    write(Event.SENT)

    add_all()

    assert since(Span.HOUR, hours=0) == {"sent": 1}
    assert since(Span.DAY, days=0) == {"sent": 1}
    assert since(Span.DAY, days=1) == {"sent": 2}


def test_what_is_not_counted_yet_is_read_all_the_same(
    either_house: Config, passes: Passing
) -> None:
    passes()  # it stays today
    write(Event.SENT)
    add_all()
    write(Event.SENT, Event.FAILED)

    found = since(Span.DAY, days=0)

    assert found == {"sent": 2, "failed": 1}
    assert ever() == {"sent": 1}


def test_of_what_is_not_counted_no_more_is_read_than_is_quick(
    either_house: Config, passes: Passing
) -> None:
    passes()  # it stays today
    write(*[Event.SENT] * (tally.TAIL + 2))

    assert since(Span.DAY, days=0) == {"sent": tally.TAIL}


def test_hours_are_forgotten_and_what_was_ever_is_not(
    either_house: Config, passes: Passing
) -> None:
    write(Event.SENT)
    add_all()
    passes(days=4)

    add_all()

    assert since(Span.HOUR, days=10) == {}
    assert since(Span.DAY, days=10) == ever() == {"sent": 1}


def test_what_was_never_committed_is_never_counted(either_house: Config) -> None:
    with pytest.raises(KeyError):
        interrupted()
    write(Event.FAILED)

    add_all()

    assert ever() == {"failed": 1}


def interrupted() -> None:
    with db.session() as session:
        journal.write(session, Line(event=Event.SENT, account_id=ONE))
        session.flush()
        raise KeyError


def test_who_dies_while_counting_has_counted_nothing(either_house: Config) -> None:
    write(Event.SENT)
    add()
    with pytest.raises(KeyError):
        stopped()

    add_all()

    assert ever() == {"sent": 1}


def stopped() -> None:
    with db.session() as session:
        adding.add(session)
        session.flush()
        raise KeyError


def test_the_tally_outlives_the_journal(either_house: Config) -> None:
    write(Event.SENT, Event.SENT)
    add_all()

    with db.session() as session:
        session.query(journal.JournalRow).delete()

    assert stored.rows("journal") == 0
    assert ever() == {"sent": 2}
