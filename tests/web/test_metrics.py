"""What Prometheus reads: every figure true, no recipient named, and not for anybody."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import clock, config, db
from portal.app import create_app
from portal.config import Config
from portal.errors import Answer
from portal.explanations.graph import NO_SEND_AS
from portal.explanations.network import UNRESOLVED
from portal.mail import lanes
from portal.mail.journal import Event, Line
from portal.watch.alerts import looking
from tests.conftest import Passing
from tests.mail import backlog
from tests.web.browsing import Browser
from tests.web.scraping import HERE, ask, figure, figures, send, tell


def test_mails_are_counted_by_account_and_outcome(scraper: FlaskClient) -> None:
    backlog.open_lane(backlog.account())
    send()

    accepted = figure(scraper, "messages_total", outcome="accepted")
    sent = figure(scraper, "messages_total", account="default", outcome="sent")

    assert (accepted, sent) == (1, 2)


def test_what_went_wrong_is_counted_by_its_reason(scraper: FlaskClient) -> None:
    failed = Line(event=Event.FAILED, account_id=backlog.account())
    for cause in (NO_SEND_AS.name, NO_SEND_AS.name, UNRESOLVED.name, ""):
        tell(replace(failed, cause=cause))

    counted = {
        labels["reason"]: value
        for labels, value in figures(scraper, "messages_total")
        if (labels["account"], labels["outcome"]) == ("default", "failed")
    }
    assert counted == {NO_SEND_AS.name: 2, UNRESOLVED.name: 1, "": 1}


def test_how_long_attempts_take_is_a_histogram(scraper: FlaskClient) -> None:
    account = backlog.account()
    for seconds in (0.2, 2, 2000):
        took = timedelta(seconds=seconds)
        tell(Line(event=Event.SENT, account_id=account, took=took))

    buckets = figures(scraper, "attempt_duration_seconds_bucket")

    below = {labels["le"]: value for labels, value in buckets}
    assert (below["0.1"], below["0.25"], below["2.5"], below["+Inf"]) == (0, 1, 2, 3)
    assert figure(scraper, "attempt_duration_seconds_count", transport="graph") == 3
    assert figure(scraper, "attempt_duration_seconds_sum") == 2002.2


def test_how_long_graph_takes_to_answer_is_a_histogram_of_its_own(
    scraper: FlaskClient,
) -> None:
    answer = Answer(status=202, milliseconds=200)
    line = Line(event=Event.SENT, account_id=backlog.account(), answer=answer)
    tell(replace(line, took=timedelta(seconds=90)))

    buckets = figures(scraper, "graph_request_duration_seconds_bucket")

    below = {labels["le"]: value for labels, value in buckets}
    assert (below["0.1"], below["0.25"], below["+Inf"]) == (0, 1, 1)
    assert figure(scraper, "graph_request_duration_seconds_sum") == 0.2
    assert figure(scraper, "attempt_duration_seconds_sum") == 90


def test_it_is_told_how_long_microsoft_asked_to_wait(
    scraper: FlaskClient, passes: Passing
) -> None:
    passes()
    then = clock.now() + timedelta(seconds=30)
    line = Line(event=Event.DEFERRED, answer=Answer(status=429), again_at=then)
    tell(replace(line, account_id=backlog.account()))

    assert figure(scraper, "throttled_total") == 1
    assert figure(scraper, "throttle_wait_seconds_total") == 30


def test_the_queue_is_told_by_state_and_by_its_oldest(
    scraper: FlaskClient, passes: Passing
) -> None:
    passes()
    account = backlog.account()
    backlog.open_lane(account)
    for _ in range(3):
        backlog.put(account)
    backlog.take(1)
    passes(seconds=90)

    assert figure(scraper, "queue_messages", state="queued") == 2
    assert figure(scraper, "queue_messages", state="sending") == 1
    assert figure(scraper, "queue_oldest_seconds") == 90
    assert figure(scraper, "mailbox_in_flight", mailbox=backlog.LANE) == 1


def test_what_waits_behind_a_held_account_is_held(scraper: FlaskClient) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    backlog.put(account)
    backlog.hold(account)

    assert figure(scraper, "queue_messages", state="queued") == 0
    assert figure(scraper, "queue_messages", state="held") == 1
    assert figure(scraper, "account_held") == 1
    assert figure(scraper, "account_sends") == 0


def test_budgets_are_told_with_their_limits(scraper: FlaskClient) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    backlog.put(account)
    backlog.take()

    assert figure(scraper, "mailbox_budget_used", budget="recipients") == 2
    assert figure(scraper, "mailbox_budget_limit", budget="recipients") == 10_000
    assert figure(scraper, "mailbox_in_flight_limit") == 100


def test_a_mailbox_that_rests_says_how_long(
    scraper: FlaskClient, passes: Passing
) -> None:
    passes()
    backlog.open_lane(backlog.account())
    backlog.put(backlog.account())
    [claim] = backlog.take()

    with db.session() as session:
        lanes.pause(session, claim.lane_id, clock.now() + timedelta(seconds=45))

    assert figure(scraper, "mailbox_paused_seconds") == 45


def test_a_sign_in_has_an_age_and_an_end(
    sender: Browser, portal: Flask, passes: Passing
) -> None:
    passes(days=2)
    program = portal.test_client()

    assert 172_800 <= figure(program, "token_age_seconds") < 172_900
    ends = figure(program, "expiry_timestamp_seconds", kind="sign-in")
    assert ends - clock.now().timestamp() < 88 * 86_400
    assert figure(program, "account_sends", account="default") == 1


def test_it_is_told_through_which_mailbox_an_account_sends(
    scraper: FlaskClient,
) -> None:
    backlog.open_lane(backlog.account())

    account = {"account": "default", "transport": "graph", "way": "consent"}
    assert figure(scraper, "account_info", **account, mailbox=backlog.LANE) == 1


def test_what_is_wrong_is_counted_by_its_kind(scraper: FlaskClient) -> None:
    backlog.open_lane(backlog.account())
    backlog.hold(backlog.account())

    looking.look(threading.Event())

    assert figure(scraper, "incidents_open", kind="account-held") == 1
    assert figure(scraper, "incidents_open", kind="little-space") == 0


def test_no_recipient_is_named(scraper: FlaskClient) -> None:
    backlog.open_lane(backlog.account())
    send()

    assert "fabrikam" not in ask(scraper).text
    assert 'account="default"' in ask(scraper).text


def test_a_figure_is_told_once(sender: Browser, portal: Flask) -> None:
    lines = ask(portal.test_client()).text.splitlines()

    series = [line.rsplit(" ", 1)[0] for line in lines if not line.startswith("#")]
    assert len(series) == len(set(series)) > 20


@pytest.mark.parametrize("base", [HERE, "http://127.0.0.1:5000", "http://[::1]:5000"])
def test_on_this_machine_it_is_open(scraper: FlaskClient, base: str) -> None:
    assert ask(scraper, base).status_code == 200


def test_a_page_of_others_cannot_read_it_by_a_name_of_theirs(
    scraper: FlaskClient,
) -> None:
    assert ask(scraper, "http://rebound.example:5000").status_code == 401


@pytest.mark.parametrize(
    "reachable",
    [
        {"web_bind": config.Bind("0.0.0.0", 5000)},
        {"base_url": "https://mail.contoso.example"},
    ],
)
def test_who_others_can_reach_tells_nothing_without_a_token(
    house: Config, reachable: dict[str, str]
) -> None:
    config.use(replace(house, **reachable))  # type: ignore[arg-type]
    client = create_app().test_client()

    answer = ask(client)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "PORTAL_METRICS_TOKEN" in answer.text


@pytest.mark.parametrize(
    ("token", "status"), [("right", 200), ("wrong", 401), ("", 401)]
)
def test_with_a_token_nobody_reads_it_without(
    house: Config, token: str, status: int
) -> None:
    config.use(replace(house, metrics_token="right"))
    client = create_app().test_client()

    assert ask(client, "https://mail.contoso.example", token).status_code == status
    assert ask(client).status_code == 401
