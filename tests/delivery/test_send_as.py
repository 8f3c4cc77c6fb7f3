"""An account that may not send as its From: held, explained, and let go again."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from portal import config, db
from portal.accept import Caller
from portal.config import Config
from portal.explanations import own
from portal.explanations.graph import NO_SEND_AS
from portal.intake import desk
from portal.mail import journal, lanes
from portal.mail.journal import Event
from portal.mail.lanes import Hold
from portal.mail.message import Message
from portal.mail.outbox import State
from portal.workspace import accounts
from tests.conftest import Passing
from tests.delivery.steps import events, record, work
from tests.sandbox.serving import Sandbox
from tests.trip import connect

REPORTS = "reports@contoso.example"
NOREPLY = "noreply@contoso.example"
COMMAND = (
    "Add-RecipientPermission -Identity 'noreply@contoso.example'"
    " -Trustee 'reports@contoso.example' -AccessRights SendAs -Confirm:$false"
)
ADVICE = f"{NO_SEND_AS.sentence} Command: {COMMAND}"


@pytest.fixture
def denied(house: Config, sandbox: Sandbox) -> Sandbox:
    """Connect as reports@, to send as noreply@; then take the right away."""
    config.use(replace(house, login_url=sandbox.url, graph_url=sandbox.url))
    connect(sandbox, REPORTS, NOREPLY)
    sandbox.fault("send-as-withdrawn")
    return sandbox


def send(**fields: Any) -> UUID:
    brought = Message(to="jane@example.com", subject="Report", text="Well.", **fields)
    return UUID(desk.take(brought, Caller(name="test")).id)


def hold() -> Hold | None:
    with db.reading() as session:
        return lanes.holding(session, accounts.find(session).id)


def probe() -> None:
    with db.session() as session:
        lanes.probe(session, accounts.find(session).id)


def told(event: Event) -> list[str]:
    with db.reading() as session:
        lines = journal.latest(session, 100)
    return [line.reason for _, line in lines if line.event == event]


def test_the_account_is_held_with_the_command_that_helps(denied: Sandbox) -> None:
    message = send()

    work()

    found = hold()
    assert found
    assert (found.reason, found.command) == (NO_SEND_AS.sentence, COMMAND)
    assert (record(message).state, record(message).reason) == (State.HELD, ADVICE)
    assert told(Event.ACCOUNT_HELD) == told(Event.HELD) == [ADVICE]
    assert denied.mails() == []


def test_the_next_message_waits_untried(denied: Sandbox) -> None:
    send()
    work()

    second = send()
    work()

    assert events(second) == [Event.ACCEPTED]
    assert (record(second).state, record(second).reason) == (State.HELD, ADVICE)


def test_a_probe_in_vain_holds_it_on(denied: Sandbox) -> None:
    message = send()
    work()

    probe()
    work()

    assert events(message).count(Event.SENDING) == 2
    assert len(told(Event.ACCOUNT_HELD)) == 1
    assert hold()


def test_once_the_right_is_given_a_probe_lets_all_go(denied: Sandbox) -> None:
    messages = [send(), send()]
    work()
    denied.clear()

    probe()
    work()

    assert {record(message).state for message in messages} == {State.SENT}
    assert hold() is None
    assert told(Event.ACCOUNT_RELEASED)
    assert {mail["from"] for mail in denied.mails()} == {NOREPLY}


def test_what_grew_too_old_meanwhile_waits_for_a_word(
    denied: Sandbox, passes: Passing
) -> None:
    old = send()
    work()
    denied.clear()
    passes(days=5, seconds=1)
    young = send()

    work()

    assert record(young).state == State.SENT
    assert (record(old).state, record(old).reason) == (State.HELD, own.WAITED.sentence)
    assert hold() is None


def test_an_address_cannot_break_out_of_the_command(
    house: Config, sandbox: Sandbox
) -> None:
    odd = "o'neil@contoso.example"
    config.use(replace(house, login_url=sandbox.url, graph_url=sandbox.url))
    connect(sandbox, REPORTS, odd)
    send()

    work()

    found = hold()
    assert found
    assert "-Identity 'o''neil@contoso.example' -Trustee" in found.command
