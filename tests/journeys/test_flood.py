"""A flood: 100,000 mails behind one revoked token are one event, and one alert."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import ip_network
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select

from portal import clock, config, db, vault
from portal.accept import Caller
from portal.config import Config
from portal.delivery.graph import Graph
from portal.delivery.worker import Worker
from portal.intake import desk
from portal.mail import content
from portal.mail.content import ContentRow
from portal.mail.journal import Event, JournalRow
from portal.mail.message import Message
from portal.mail.outbox import MessageRow, State
from tests import trip
from tests.journeys.storm import until_true
from tests.microsoft.scripted import Server, serve
from tests.sandbox.serving import Sandbox
from tests.trip import ANN
from tests.watch.alerts import steps

FLOOD = 100_000
AT_ONCE = 5_000
WORKERS = 4
WATCHES = 3
ROUNDS = 10
SOME = 40

# By itself: it takes all of a small machine.
pytestmark = pytest.mark.xdist_group("storm")


@pytest.fixture
def receiver(house: Config, sandbox: Sandbox) -> Iterator[Server]:
    """Connect the house, and let a webhook on this machine be told."""
    here = (ip_network("127.0.0.1/32"),)
    near = replace(
        house, login_url=sandbox.url, graph_url=sandbox.url, alert_private=here
    )
    config.use(near)
    trip.connect(sandbox, ANN)
    with serve() as server:
        steps.channel(server.url)
        yield server


@pytest.mark.timeout(300)
def test_a_flood_behind_a_revoked_token_is_told_once_and_ends_quietly(
    sandbox: Sandbox, receiver: Server
) -> None:
    multiply(accepted(), FLOOD)
    sandbox.fault("revoked")
    with working():
        until_true(lambda: events()[Event.ACCOUNT_HELD] > 0)
        until_true(lambda: states() == {State.QUEUED: FLOOD})
        watch()
        held, renewals = states(), len(sandbox.calls("/oauth2/v2.0/token"))
        trip.connect(sandbox, ANN)
        until_true(lambda: states()[State.SENT] >= SOME)
        watch()
    after = len(sandbox.calls("/oauth2/v2.0/token"))

    assert held == {State.QUEUED: FLOOD}
    assert (events()[Event.ACCOUNT_HELD], steps.states(receiver)) == (
        1,
        ["opened", "recovered"],
    )
    assert [each["kind"] for each in steps.bodies(receiver)] == ["account-held"] * 2
    assert renewals <= WORKERS * config.current().requests_in_flight
    assert after - renewals == 1  # the code of the new sign-in, and nothing renewed
    assert {call["status"] for call in sandbox.calls("/sendMail")} <= {202, 401}


def accepted() -> UUID:
    brought = Message(to="jane@example.com", subject="Report", text="All is well.")
    return UUID(desk.take(brought, Caller(name="flood")).id)


def multiply(message_id: UUID, times: int) -> None:
    """Let so many of a message wait in all; they share its content."""
    with db.reading() as session:
        row = session.get_one(MessageRow, message_id)
        columns = {c.name: getattr(row, c.name) for c in MessageRow.__table__.columns}
        whole = content.find(session, message_id)
    for first in range(1, times, AT_ONCE):
        ids = [db.new_id() for _ in range(first, min(first + AT_ONCE, times))]
        messages = [{**columns, "id": each, "due_at": clock.now()} for each in ids]
        contents = [
            {
                "message_id": each,
                "sealed_key": vault.seal(whole.key, content.about_key(each)),
                "sizes": [*whole.sizes],
                "chunks_of": message_id,
            }
            for each in ids
        ]
        with db.session() as session:
            session.execute(insert(MessageRow), messages)
            session.execute(insert(ContentRow), contents)


@contextmanager
def working() -> Iterator[None]:
    """Let several workers send meanwhile."""
    graph = config.current().graph_url
    workers = [Worker({"graph": Graph(graph)}) for _ in range(WORKERS)]
    threads = [threading.Thread(target=worker.run) for worker in workers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for worker in workers:
            worker.stop()
        for thread in threads:
            thread.join()


def watch() -> None:
    """Look and tell as several machines do at once, again and again."""
    threads = [threading.Thread(target=_watch) for _ in range(WATCHES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _watch() -> None:
    for _ in range(ROUNDS):
        steps.look_and_tell()


def events() -> Counter[str]:
    with db.reading() as session:
        counts = select(JournalRow.event, func.count()).group_by(JournalRow.event)
        return Counter(dict(session.execute(counts).all()))


def states() -> Counter[str]:
    with db.reading() as session:
        counts = select(MessageRow.state, func.count()).group_by(MessageRow.state)
        return Counter(dict(session.execute(counts).all()))
