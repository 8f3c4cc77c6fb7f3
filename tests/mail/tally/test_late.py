"""Lines that are committed late, and several who count at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text, update

from portal import db
from portal.config import Config
from portal.mail import journal
from portal.mail.journal import Event, Line
from portal.mail.tally import PlaceRow
from portal.watch import tally as watch
from tests.mail.tally.counting import ONE, add, add_all, ever, write


def test_a_line_is_counted_that_was_committed_after_later_ones(
    postgres_house: Config,
) -> None:
    with db.session() as slow:
        journal.write(slow, Line(event=Event.FAILED, account_id=ONE))
        slow.flush()
        write(Event.SENT)
        add_all()
        assert ever() == {}

    add_all()

    assert ever() == {"failed": 1, "sent": 1}


def test_it_is_counted_too_when_who_wrote_it_began_after_the_others(
    postgres_house: Config,
) -> None:
    # The later line is of the older transaction, and is committed first.
    with db.session() as late:
        with db.session() as early:
            early.execute(text("SELECT pg_current_xact_id()"))
            journal.write(late, Line(event=Event.FAILED, account_id=ONE))
            late.flush()
            journal.write(early, Line(event=Event.SENT, account_id=ONE))
        add_all()
        assert ever() == {}

    add_all()

    assert ever() == {"failed": 1, "sent": 1}


def test_who_counts_at_the_same_time_counts_nothing_twice(either_house: Config) -> None:
    write(*[Event.SENT] * 500)
    add()

    with ThreadPoolExecutor(8) as pool:
        for _ in range(16):
            pool.submit(watch.add_up, threading.Event())
    add_all()

    assert ever() == {"sent": 500}


def test_a_database_that_moved_to_another_server_is_counted_on(
    postgres_house: Config,
) -> None:
    write(Event.SENT)
    add()
    with db.session() as session:
        session.execute(update(PlaceRow).values(horizon=2**40))

    add()

    assert ever() == {"sent": 1}


def test_who_is_told_to_stop_counts_no_more(either_house: Config) -> None:
    write(Event.SENT)
    stopping = threading.Event()
    stopping.set()

    watch.add_up(stopping)

    assert ever() == {}
