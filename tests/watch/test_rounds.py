"""The rounds: they begin again whatever happens, and end when they are told to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from portal import clock, db, vault
from portal.config import Config
from portal.watch.rounds import DUTIES, Duty, Watch
from portal.workspace.connections import ConnectionRow
from tests import stored
from tests.conftest import Passing
from tests.journeys.running import eventually
from tests.watch.steps import NOBODY, connection, row, sent


@contextmanager
def watching(*duties: Duty, keyless: bool = False) -> Iterator[threading.Thread]:
    """Go rounds until the block ends; then see them end."""
    watch = Watch(duties or DUTIES, keyless=keyless)
    thread = threading.Thread(target=watch.run, daemon=True)
    thread.start()
    yield thread
    watch.stop()
    thread.join(60)
    assert not thread.is_alive()


def test_a_round_renews_what_is_due(contoso: Config, passes: Passing) -> None:
    passes(days=1)

    with watching():
        eventually(lambda: row().renewed_at == clock.now())


def test_who_is_told_to_stop_begins_nothing(contoso: Config, passes: Passing) -> None:
    passes(days=1)
    watch = Watch()
    watch.stop()

    watch.run()

    assert row().tried_at is None


def test_a_database_that_is_away_ends_no_rounds(
    house: Config, caplog: pytest.LogCaptureFixture
) -> None:
    db.connect(NOBODY)

    with watching() as rounds:
        eventually(lambda: "database cannot be reached" in caplog.text)

        assert rounds.is_alive()


def test_a_fault_of_ours_ends_no_rounds(
    contoso: Config, passes: Passing, caplog: pytest.LogCaptureFixture
) -> None:
    with db.session() as session:
        session.get_one(ConnectionRow, connection().id).sealed_refresh = b"x" * 64
    passes(days=1)

    with watching() as rounds:
        eventually(lambda: "A round was not finished" in caplog.text)

        assert rounds.is_alive()


def test_what_needs_no_key_is_done_without_it(house: Config) -> None:
    done = threading.Event()
    duty = Duty(do=lambda _: done.set(), every=timedelta(hours=1))
    vault.lock()

    with watching(duty, keyless=True):
        assert done.wait(60)


def test_without_its_key_there_are_no_rounds(contoso: Config, passes: Passing) -> None:
    sent()
    kept = stored.rows("content", "chunk")
    passes(days=8)
    vault.lock()

    Watch().run()

    assert stored.rows("content", "chunk") == kept > 0
    assert row().tried_at is None


def test_a_fault_in_one_duty_keeps_no_other_from_being_done(
    contoso: Config, passes: Passing
) -> None:
    with db.session() as session:
        session.get_one(ConnectionRow, connection().id).sealed_refresh = b"x" * 64
    sent()
    passes(days=8)

    with watching():
        eventually(lambda: stored.rows("content", "chunk") == 0)


def test_each_duty_comes_again_after_its_own_rest(house: Config) -> None:
    done: list[str] = []
    often = Duty(do=lambda _: done.append("often"), every=timedelta(milliseconds=1))
    seldom = Duty(do=lambda _: done.append("seldom"), every=timedelta(hours=1))

    with watching(seldom, often):
        eventually(lambda: done.count("often") >= 3)

    assert done.count("seldom") == 1


def test_who_rests_is_stopped_at_once(house: Config) -> None:
    done: list[bool] = []
    seldom = Duty(do=lambda _: done.append(True), every=timedelta(hours=1))

    with watching(seldom) as rounds:
        eventually(lambda: done == [True])

    assert not rounds.is_alive()


def test_no_two_rests_are_alike() -> None:
    duty = Duty(do=lambda _: None, every=timedelta(seconds=10))

    rests = {duty.rest() for _ in range(100)}

    assert len(rests) > 90
    assert 5 <= min(rests) < max(rests) <= 15
