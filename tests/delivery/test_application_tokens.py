"""The application's own token and secret: refused, away, renewed, and never read."""

from dataclasses import replace

import pytest

from portal import config, db
from portal.config import Config
from portal.explanations import graph
from portal.mail.outbox import State
from portal.workspace import accounts
from tests import trip
from tests.delivery.applying import add, approve, hold, send
from tests.delivery.steps import record, work
from tests.microsoft.scripted import reply, serve
from tests.sandbox.serving import Sandbox
from tests.workspace import grants

REPORTS = "reports@contoso.example"


@pytest.fixture
def microsoft(house: Config, sandbox: Sandbox) -> Sandbox:
    """Register the application, which an administrator has let in."""
    approve(house, sandbox)
    return sandbox


def test_a_token_that_is_refused_is_fetched_anew_once(microsoft: Sandbox) -> None:
    add(REPORTS)
    microsoft.fault("401")

    message = send()

    assert record(message).state == State.SENT
    assert len(microsoft.calls("/token")) == 2


def test_a_new_token_that_is_refused_holds_the_account(microsoft: Sandbox) -> None:
    add(REPORTS)
    microsoft.fault("401", times=2)

    send()

    held = hold()
    assert held
    assert held.reason == graph.TOKEN_REFUSED.sentence


def test_a_secret_that_is_refused_is_the_operators(microsoft: Sandbox) -> None:
    add(REPORTS)
    microsoft.fault("secret-expired", times=None)

    message = send()

    held = hold()
    assert held
    assert "secret has expired" in held.reason
    assert record(message).state == State.HELD
    assert microsoft.mails() == []


def test_a_sign_in_that_is_away_passes(microsoft: Sandbox) -> None:
    add(REPORTS)
    microsoft.fault("token-down")

    message = send()

    assert record(message).state == State.QUEUED
    assert hold() is None


def test_the_default_account_is_as_it_was(microsoft: Sandbox) -> None:
    add(REPORTS)

    with db.reading() as session:
        default = accounts.find(session)

    assert (default.by_application, default.sender) == (False, None)


def test_a_token_is_never_read(house: Config) -> None:
    # What Exchange allows an application by RBAC stands in none.
    with serve() as server:
        config.use(replace(house, login_url=server.url, graph_url=server.url))
        grants.register()
        add(REPORTS)
        server.will(grants.issue("opaque"), reply(202))

        message = send()

    assert record(message).state == State.SENT
    assert server.requests[1].headers["authorization"] == "Bearer opaque"


def test_a_new_secret_lets_it_try_at_once(microsoft: Sandbox) -> None:
    add(REPORTS)
    microsoft.fault("secret-expired", times=None)
    message = send()
    assert hold()
    microsoft.clear()

    trip.register()
    work()

    assert record(message).state == State.SENT
    assert hold() is None
