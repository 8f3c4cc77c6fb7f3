"""Sweeping: a worker erases what nobody can use any more."""

from portal import db
from portal.config import Config
from portal.delivery.worker import Worker
from portal.workspace.people import setup_links
from tests import stored
from tests.conftest import Passing
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
