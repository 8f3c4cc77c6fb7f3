"""Every way Microsoft fails: what becomes of a mail, and how often it arrives."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from portal import config, db
from portal.accept import Caller
from portal.config import Config
from portal.intake import desk
from portal.mail import journal, outbox
from portal.mail.journal import Event
from portal.mail.message import Message
from portal.mail.outbox import State
from tests.delivery.steps import later, record, work
from tests.sandbox.serving import Sandbox

NOWHERE = "http://127.0.0.1:9"  # the discard port; nobody listens
CALLER = Caller(name="test")


@pytest.fixture
def message(contoso: Config) -> UUID:
    """Accept a message that Contoso may send; return its id."""
    return UUID(desk.take(Message(to="j@example.com", text="x"), CALLER).id)


@pytest.mark.parametrize("fault", ["429", "503"])
def test_what_was_surely_not_accepted_goes_again(
    message: UUID, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    sandbox.fault(fault, after_seconds=2)
    work()
    assert record(message).state == State.QUEUED
    assert sandbox.mails() == []

    later(monkeypatch, timedelta(minutes=1))
    work()

    assert record(message).state == State.SENT
    assert len(sandbox.mails()) == 1


@pytest.mark.parametrize(
    ("fault", "arrived"),
    [
        ("504", 0),
        ("504-accepted", 1),
        ("dropped", 0),
        ("dropped-accepted", 1),
        ("gateway", 0),
        ("200", 0),
    ],
)
def test_a_lost_answer_is_never_followed_by_a_second_send(
    message: UUID,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    arrived: int,
) -> None:
    sandbox.fault(fault)
    work()
    assert record(message).state == State.SENDING

    for wait in outbox.LOOKS:
        later(monkeypatch, wait)
        work()

    assert record(message).state == State.UNCONFIRMED
    assert len(sandbox.mails()) == arrived


def test_accepted_mail_waits_while_microsoft_is_unreachable(
    message: UUID, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config.current()
    config.use(replace(settings, graph_url=NOWHERE))
    work()
    assert record(message).state == State.QUEUED
    with db.reading() as session:
        assert journal.story(session, message)[-1].event == Event.DEFERRED

    config.use(settings)
    later(monkeypatch, timedelta(minutes=30))
    work()

    assert record(message).state == State.SENT


def test_a_token_endpoint_that_is_down_only_delays(
    message: UUID, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch, timedelta(hours=2))  # the access token is over
    sandbox.fault("token-down")
    work()
    assert record(message).state == State.QUEUED

    later(monkeypatch, timedelta(minutes=30))
    work()

    assert record(message).state == State.SENT


def test_an_expired_secret_holds_the_account_and_keeps_its_tokens(
    message: UUID, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch, timedelta(hours=2))
    sandbox.fault("secret-expired", times=1)
    work()
    assert record(message).state == State.HELD

    later(monkeypatch, timedelta(minutes=15))
    work()

    assert record(message).state == State.SENT
