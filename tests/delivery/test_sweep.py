"""Sweeping: a worker erases what nobody can use any more, and says that it is there."""

from datetime import datetime
from typing import Any

from portal import db
from portal.config import Config
from portal.delivery.worker import Worker
from portal.mail.lanes import meters
from portal.workspace.people import setup_links
from tests import stored
from tests.conftest import Passing
from tests.journeys.running import eventually
from tests.mail import backlog
from tests.workspace.people import cast


def test_sessions_and_setup_links_are_swept(house: Config, passes: Passing) -> None:
    cast.register()
    cast.sign_in(has_role=True)
    with db.session() as session:
        setup_links.make(session)
    worker = Worker({})
    worker.work_once()
    assert stored.rows("session", "setup_link") == 2

    passes(hours=1)
    worker.work_once()

    assert stored.rows("session", "setup_link") == 0


def seen_at() -> datetime | None:
    with db.reading() as session:
        return meters.attended_at(session)


def test_the_first_account_of_a_house_is_attended_at_once(house: Config) -> None:
    worker = Worker({})
    worker.work_once()
    backlog.open_lane(backlog.account())
    assert seen_at() is None

    eventually(lambda: worker.work_once() or seen_at())


def test_that_a_worker_is_there_is_not_written_each_round(house: Config) -> None:
    backlog.open_lane(backlog.account())
    worker = Worker({})
    worker.work_once()

    with backlog.spoken() as said:
        eventually(lambda: worker.work_once() or asks_of_newcomers(said))

    assert [each for each, _ in said if each.startswith("UPDATE feed")] == []


def asks_of_newcomers(said: list[tuple[str, Any]]) -> bool:
    return any("attended_at IS NULL" in each for each, _ in said)
