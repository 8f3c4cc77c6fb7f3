"""Snapshots: what is the same is kept once, and goes after the last line of it."""

from datetime import timedelta

from portal import clock, db
from portal.config import Config
from portal.mail import journal
from portal.mail.journal import Event, Line, snapshots
from tests import stored
from tests.conftest import Passing

SETTINGS = {"host": "smtp.example.com", "port": "587"}


def keep(**changed: str) -> str:
    with db.session() as session:
        return snapshots.keep(session, SETTINGS | changed)


def sweep() -> int:
    with db.session() as session:
        return snapshots.sweep(session)


def tell(snapshot: str) -> None:
    line = Line(event=Event.SENT, snapshot=snapshot)
    with db.session() as session:
        journal.write(session, line)


def test_settings_come_back_as_they_were_and_since_when(
    either_house: Config, passes: Passing
) -> None:
    began = clock.now()
    keep()
    passes(days=1)
    name = keep()

    with db.reading() as session:
        found = snapshots.find(session, name)

    assert found
    assert (found.settings, found.since) == (SETTINGS, began)


def test_what_is_the_same_is_kept_once_whatever_its_order(either_house: Config) -> None:
    with db.session() as session:
        turned = snapshots.keep(session, dict(reversed(SETTINGS.items())))

    assert keep() == turned
    assert stored.rows("snapshot") == 1


def test_any_difference_has_a_name_of_its_own(either_house: Config) -> None:
    assert keep() != keep(port="25")
    assert stored.rows("snapshot") == 2


def test_what_is_not_kept_is_not_found(house: Config) -> None:
    with db.reading() as session:
        assert snapshots.find(session, "0" * 16) is None


def test_a_line_names_the_settings_that_it_was_made_with(either_house: Config) -> None:
    tell(keep())

    with db.reading() as session:
        [(_, line)] = journal.latest(session, 1)
    assert line.snapshot == snapshots.name(SETTINGS)


def test_what_was_kept_lately_needs_no_look(house: Config, passes: Passing) -> None:
    name = keep()
    assert not snapshots.fresh(name)
    snapshots.remember(name)
    assert snapshots.fresh(name)

    passes(seconds=snapshots.FRESH.total_seconds())

    assert not snapshots.fresh(name)


def test_another_database_may_have_kept_nothing(house: Config) -> None:
    snapshots.remember(keep())

    snapshots.forget()

    assert not snapshots.fresh(snapshots.name(SETTINGS))


def test_what_a_line_may_still_name_is_kept(
    either_house: Config, passes: Passing
) -> None:
    tell(keep())
    passes(days=400)
    tell(keep(port="25"))

    assert sweep() == 0


def test_what_no_line_names_any_more_goes(
    either_house: Config, passes: Passing
) -> None:
    keep()
    passes(days=2)
    tell(keep(port="25"))

    assert (sweep(), sweep()) == (1, 0)

    assert stored.rows("snapshot") == 1


def test_without_any_line_only_what_is_new_stays(
    house: Config, passes: Passing
) -> None:
    keep()
    passes(seconds=(snapshots.SPARED + timedelta(seconds=1)).total_seconds())
    keep(port="25")

    assert sweep() == 1
