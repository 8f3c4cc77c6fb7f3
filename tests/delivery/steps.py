"""The steps of these tests: to work, to look, and to let time pass."""

from datetime import timedelta
from uuid import UUID

import pytest

from portal import clock, config, db
from portal.delivery.graph import Graph
from portal.delivery.transport import Transport
from portal.delivery.worker import Worker
from portal.mail import journal
from portal.mail.journal import Event
from portal.mail.outbox import records
from portal.mail.outbox.records import Record


def work_once(transport: Transport) -> bool:
    return Worker({"graph": transport}).work_once()


def work() -> None:
    """Send through Graph until nothing is due."""
    while work_once(Graph(config.current().graph_url)):
        pass


def record(message: UUID) -> Record:
    with db.reading() as session:
        return records.find(session, message)


def events(message: UUID) -> list[Event]:
    with db.reading() as session:
        return [line.event for line in journal.story(session, message)]


def later(monkeypatch: pytest.MonkeyPatch, wait: timedelta) -> None:
    """Let time pass, and stand still after it."""
    moment = clock.now() + wait
    monkeypatch.setattr(clock, "now", lambda: moment)
