"""The metrics of a portal, as a Prometheus reads them."""

import threading
from datetime import timedelta

from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.test import TestResponse

from portal import db
from portal.mail import journal
from portal.mail.journal import Event, Line
from portal.watch import tally
from tests.mail import backlog

Labels = dict[str, str]
HERE = "http://localhost:5000"


def ask(client: FlaskClient, base: str = HERE, token: str = "") -> TestResponse:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return client.get("/metrics", base_url=base, headers=headers)


def figures(client: FlaskClient, name: str) -> list[tuple[Labels, float]]:
    """Return the samples of one name, without its prefix."""
    answer = ask(client)
    assert answer.status_code == 200, answer.text
    return [
        (sample.labels, sample.value)
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if sample.name == f"mailportal_{name}"
    ]


def figure(client: FlaskClient, name: str, **labels: str) -> float:
    """Return the one sample that has these labels."""
    [value] = [
        value
        for found, value in figures(client, name)
        if labels.items() <= found.items()
    ]
    return value


def send(took: timedelta = timedelta(seconds=2)) -> None:
    """Send a message, and see it counted."""
    backlog.put(backlog.account())
    [claim] = backlog.take()
    backlog.settle(claim)
    account = backlog.account()
    tell(Line(event=Event.SENT, account_id=account, took=took))


def tell(line: Line) -> None:
    with db.session() as session:
        journal.write(session, line)
    tally.add_up(threading.Event())
