"""What a started part says of a mail that fails: to its file and standard output."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from portal.accept import Caller
from portal.config import Config
from portal.intake import desk
from portal.mail.message import Message
from portal.mail.outbox import State
from tests.delivery.steps import record
from tests.journeys.running import eventually
from tests.mail import backlog
from tests.processes import Started, environ, started
from tests.sandbox.serving import Sandbox

CODE = "ErrorInvalidRecipients"


@pytest.fixture(params=["worker", "up"])
def running(
    request: pytest.FixtureRequest, contoso: Config, sandbox: Sandbox
) -> Iterator[Started]:
    """Start a worker, by itself or beside the other parts."""
    chosen = environ(contoso.instance) | {
        "PORTAL_LOGIN_URL": sandbox.url,
        "PORTAL_GRAPH_URL": sandbox.url,
        "PORTAL_LOG_FORMAT": "json",
    }
    with started(chosen, request.param) as process:
        yield process


def fail(sandbox: Sandbox) -> UUID:
    """Let Microsoft refuse a mail for good."""
    sandbox.fault("error", status=400, code=CODE)
    brought = Message(to="jane@example.com", subject="Report", text="Well.")
    message = UUID(desk.take(brought, Caller(name="test")).id)
    eventually(lambda: record(message).state == State.FAILED)
    return message


def lines(log: Path, message: UUID) -> list[dict[str, Any]]:
    """Return what a log tells of a failure of this message."""
    told = [json.loads(line) for line in log.read_text().splitlines()]
    return [
        each
        for each in told
        if (each.get("message_id"), each.get("event")) == (str(message), "failed")
    ]


def test_its_line_is_in_the_file_of_the_worker_and_on_standard_output(
    running: Started, sandbox: Sandbox, contoso: Config
) -> None:
    message = fail(sandbox)

    file = contoso.instance / "logs" / "worker.log"
    [filed] = eventually(lambda: lines(file, message))
    [said] = eventually(lambda: lines(running.log, message))
    assert said == filed
    assert (filed["part"], filed["level"]) == ("worker", "warning")
    assert filed["code"] == CODE
    assert filed["account_id"] == str(backlog.account())
