"""Beside the worker: a process that sends mail also looks after who sends none."""

import signal
from datetime import timedelta

from portal import clock, db
from portal.config import Config
from portal.workspace.connections import ConnectionRow
from tests.journeys.running import eventually
from tests.processes import environ, started
from tests.sandbox.serving import Sandbox
from tests.watch.steps import connection, row


def test_a_worker_renews_what_is_idle_and_ends_when_told(
    contoso: Config, sandbox: Sandbox
) -> None:
    long_ago = clock.now() - timedelta(days=2)
    with db.session() as session:
        session.get_one(ConnectionRow, connection().id).renewed_at = long_ago
    chosen = environ(contoso.instance) | {
        "PORTAL_LOGIN_URL": sandbox.url,
        "PORTAL_GRAPH_URL": sandbox.url,
    }

    with started(chosen, "worker") as running:
        eventually(lambda: row().renewed_at > long_ago)
        running.process.send_signal(signal.SIGTERM)

        assert running.process.wait(60) == 0
