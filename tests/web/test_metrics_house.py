"""Figures of the house: its version, its workers, and all that its processes did."""

import threading
from importlib import metadata
from uuid import UUID

from flask.testing import FlaskClient
from prometheus_client.openmetrics import parser

from portal import clock, db, vault
from portal.accept import Caller
from portal.app import create_app
from portal.config import Config
from portal.delivery import presence
from portal.intake import desk
from portal.mail import lanes
from portal.mail.message import Message
from portal.mail.outbox import State
from portal.watch import tally
from tests.conftest import Passing
from tests.delivery.steps import record
from tests.journeys.running import eventually
from tests.mail import backlog
from tests.processes import environ, started
from tests.sandbox.serving import Sandbox
from tests.web.scraping import HERE, figure, figures, send


def test_what_several_processes_did_is_added_up(
    contoso: Config, sandbox: Sandbox
) -> None:
    chosen = environ(contoso.instance) | {
        "PORTAL_LOGIN_URL": sandbox.url,
        "PORTAL_GRAPH_URL": sandbox.url,
    }
    told = []
    for _ in range(2):
        with started(chosen, "worker"):
            see_one_sent()
        tally.add_up(threading.Event())
        scraper = create_app(contoso).test_client()
        told.append(figure(scraper, "messages_total", outcome="sent"))

    assert told == [1, 2]


def see_one_sent() -> None:
    brought = Message(to="jane@example.com", text="Well.")
    message = UUID(desk.take(brought, Caller(name="test")).id)
    eventually(lambda: record(message).state == State.SENT)


def test_workers_are_counted_that_are_there(
    scraper: FlaskClient, house: Config
) -> None:
    folder = presence.folder(house.instance)
    with presence.present(folder, "w1"), presence.present(folder, "w2"):
        there = figure(scraper, "workers")

    assert (there, figure(scraper, "workers")) == (2, 0)


def test_it_is_told_when_a_worker_was_last_there(
    scraper: FlaskClient, passes: Passing
) -> None:
    passes()
    backlog.open_lane(backlog.account())
    before = figures(scraper, "worker_seen_timestamp_seconds")
    with db.session() as session:
        lanes.attend(session)
    seen = clock.now()
    passes(minutes=7)

    assert before == []
    assert figure(scraper, "worker_seen_timestamp_seconds") == seen.timestamp()


def test_it_is_told_which_version_runs(scraper: FlaskClient) -> None:
    assert figure(scraper, "build_info", version=metadata.version("mail-portal")) == 1


def test_it_is_told_in_the_newer_format_to_whoever_asks_for_that(
    scraper: FlaskClient,
) -> None:
    backlog.open_lane(backlog.account())
    send()
    newer = "application/openmetrics-text; version=1.0.0"

    answer = scraper.get("/metrics", base_url=HERE, headers={"Accept": newer})

    found = parser.text_string_to_metric_families(answer.text)  # type: ignore[no-untyped-call]
    told = {each.name: each for each in found}
    assert told["mailportal_messages"].type == "counter"
    assert told["mailportal_attempt_duration_seconds"].type == "histogram"


def test_without_the_key_it_says_so(scraper: FlaskClient) -> None:
    vault.lock()

    assert figure(scraper, "unlocked") == 0
    assert figures(scraper, "queue_messages")
