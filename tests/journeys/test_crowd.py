"""A crowd at the SMTP door, which is killed: nothing lost, nothing doubled."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from portal import db
from portal.mail.outbox import MessageRow, State
from portal.workspace import house
from tests.journeys.running import Portal, eventually, running
from tests.journeys.submitting import Client

CLIENTS = 50
EACH = 8  # mails of a client
KILLED_AT = 100  # mails accepted
pytestmark = pytest.mark.xdist_group("storm")


@pytest.mark.timeout(300)
def test_a_crowd_loses_and_doubles_nothing(tmp_path: Path) -> None:
    with running(tmp_path / "instance", PORTAL_WORKERS="2") as portal:
        house.open_up(portal.settings())
        portal.connect()
        portal.new_key()
        crowd = [Client(portal, number, EACH) for number in range(CLIENTS)]
        with ThreadPoolExecutor(CLIENTS) as pool:
            ended = [pool.submit(client.run) for client in crowd]
            eventually(lambda: accepted() >= KILLED_AT)
            portal.kill("smtp")
            for each in ended:
                each.result()
        eventually(lambda: accepted(State.SENT) == accepted())

        check(portal, crowd)


def accepted(state: State | None = None) -> int:
    with db.reading() as session:
        query = select(func.count()).select_from(MessageRow)
        if state:
            query = query.where(MessageRow.state == state)
        return session.scalar(query) or 0


def check(portal: Portal, crowd: list[Client]) -> None:
    with db.reading() as session:
        rows = dict(session.execute(select(MessageRow.id, MessageRow.subject)).all())
    stored = Counter(rows.values())
    arrived = Counter(each["subject"] for each in portal.sandbox.mails())
    assert arrived == stored
    assert len(stored) == CLIENTS * EACH
    for client in crowd:
        for subject, message in client.answered.items():
            assert rows[UUID(message)] == subject
        # Whose answer was lost may be there once more for each time that it was asked.
        assert all(stored[s] <= asked for s, asked in client.asked.items())
        assert all(stored[s] == 1 for s, asked in client.asked.items() if asked == 1)
