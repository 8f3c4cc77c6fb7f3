"""Kills, faults and a database that comes and goes: nothing lost, nothing doubled."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select

from portal import config, db
from portal.issuer.refusals import Unreachable
from portal.mail.journal import Event, JournalRow
from portal.mail.outbox import State
from tests import postgres, trip
from tests.journeys.storm import (
    Sea,
    held,
    look_up_all,
    raging,
    unfinished,
    until_true,
)
from tests.trip import ANN

WORKERS = 4
MAILS = 1000  # without Mail.ReadWrite, and as many with it
SHORTEST = 12  # seconds of storm
CALM_SECONDS = 300  # a mailbox that failed rests for two minutes at most
QUIET_MAILS = 400

# One after the other: each takes all of a small machine.
pytestmark = pytest.mark.xdist_group("storm")


@pytest.mark.timeout(900)
def test_a_storm_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with raging(tmp_path / "instance", WORKERS) as sea:
        blind, read = storms(sea, shake=lock_everybody_out)
        look_up_all(monkeypatch)

        check(sea, blind, read)


@pytest.mark.timeout(900)
def test_a_storm_loses_and_doubles_nothing_on_postgresql(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        postgres.serve() as server,
        server.database() as url,
        raging(tmp_path / "instance", WORKERS, PORTAL_DATABASE_URL=url) as sea,
    ):
        blind, read = storms(sea, shake=server.restart)
        look_up_all(monkeypatch)

        check(sea, blind, read)


@pytest.mark.timeout(300)
def test_many_workers_stay_within_the_limit_and_restart_one_after_the_other(
    tmp_path: Path,
) -> None:
    with (
        postgres.serve() as server,
        server.database() as url,
        raging(tmp_path / "instance", WORKERS, PORTAL_DATABASE_URL=url) as sea,
    ):
        trip.connect(sea.microsoft, ANN)
        sea.microsoft.latency(0.02)

        ended = roll(sea, [f"quiet {number}" for number in range(QUIET_MAILS)])
        until_true(lambda: unfinished() == 0)
        ended += sea.fleet.stop()

        assert set(ended) == {0}
        assert set(sea.states().values()) == {State.SENT}
        assert set(sea.copies().values()) == {1}
        # Not one 429, and nobody left anything behind.
        assert told(Event.DEFERRED) == told(Event.DOUBTED) == 0


def storms(sea: Sea, shake: Callable[[], object]) -> tuple[set[str], set[str]]:
    """Let it storm over a mailbox that cannot be read, and over one that can."""
    chance = Random(2026)
    trip.connect(sea.microsoft, ANN)
    blind = storm(sea, chance, "blind", shake)
    trip.connect_large(config.current(), sea.microsoft, ANN, ANN)
    read = storm(sea, chance, "read", shake)
    assert sea.fleet.stop() == [0] * WORKERS
    return blind, read


def storm(sea: Sea, chance: Random, name: str, shake: Callable[[], object]) -> set[str]:
    """Hand mail in while it storms, until all of it is settled or in doubt."""
    subjects = [f"{name} {number}" for number in range(MAILS)]
    rest, seconds = threading.Event(), 0
    with sea.feeding(subjects) as feeding:
        while not feeding.done() or seconds < SHORTEST:
            sea.blow(chance)
            if seconds == SHORTEST // 3:
                shake()
            if seconds == SHORTEST // 2:
                sea.microsoft.fault("revoked")
            sign_in_again(sea)
            rest.wait(1)
            seconds += 1
    sea.calm()
    until_true(lambda: settled(sea), CALM_SECONDS)
    return set(subjects)


def settled(sea: Sea) -> bool:
    """Tell whether nothing is on its way any more."""
    sign_in_again(sea)
    return unfinished() == 0


def sign_in_again(sea: Sea) -> None:
    """Do what a person does when the account is held: again if Microsoft is away."""
    if held():
        with suppress(Unreachable):
            trip.connect_as(sea.microsoft, ANN)


def lock_everybody_out() -> None:
    """Keep everybody from writing to an SQLite database for a while."""
    path = db.engine().url.database
    assert path
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as keeper:
        keeper.execute("BEGIN EXCLUSIVE")
        threading.Event().wait(3)
        keeper.execute("COMMIT")


def roll(sea: Sea, subjects: list[str]) -> list[int]:
    """Replace one worker after the other while mail comes in; return how they end."""
    with sea.feeding(subjects):
        return [sea.fleet.replace() for _ in range(WORKERS)]


def told(event: Event) -> int:
    """Count what the journal tells of this kind."""
    count = select(func.count()).where(JournalRow.event == event)
    with db.reading() as session:
        return session.scalar(count) or 0


def check(sea: Sea, blind: set[str], read: set[str]) -> None:
    states, copies = sea.states(), sea.copies()
    sent = {subject for subject, state in states.items() if state == State.SENT}
    arrived = copies.keys()

    assert sea.fleet.killed >= SHORTEST
    assert states.keys() == blind | read
    assert set(states.values()) <= {State.SENT, State.UNCONFIRMED}
    assert max(copies.values()) == 1
    assert sent & blind <= arrived
    # Where the mailbox can be read, what arrived is known to have arrived.
    assert sent & read == arrived & read
