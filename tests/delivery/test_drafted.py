"""The draft road: from another address with Mail.ReadWrite; never a second draft."""

from datetime import timedelta
from typing import Any
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
from portal.microsoft import drafts, graph
from portal.workspace import accounts, tokens
from portal.workspace.accounts import Settings
from tests.delivery.dying import die
from tests.delivery.steps import events, later, record, work
from tests.sandbox.serving import Sandbox
from tests.trip import connect_large

ADMIN = "admin@contoso.example"
NOREPLY = "noreply@contoso.example"
SOON = outbox.LOOKS[0] + timedelta(seconds=1)
SETTLED = timedelta(seconds=31)  # what was found as a draft goes again then
SEND = "/send"


@pytest.fixture
def microsoft(house: Config, sandbox: Sandbox) -> Sandbox:
    """Connect as admin@ with large file attachments, to send as noreply@."""
    connect_large(house, sandbox, ADMIN, NOREPLY)
    return sandbox


def send(**fields: Any) -> UUID:
    brought = Message(
        to="jane@example.com", subject="Report", text="Well.", html="<p>Well.", **fields
    )
    return UUID(desk.take(brought, Caller(name="test")).id)


def left(message: UUID) -> list[str]:
    """Return the ids of the drafts that a message has left in the mailbox."""
    with db.reading() as session:
        account = accounts.find(session).id
    known = record(message).internet_message_id
    access = tokens.current(account).access
    at = graph.mailbox(config.current().graph_url)
    return [each.id for each in drafts.search(at, access, known) if each.draft]


def settle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work until every look-up and every draft has had its time."""
    for wait in (timedelta(), SOON, SETTLED, SOON, SETTLED):
        later(monkeypatch, wait)
        work()


def test_it_leaves_whole_from_another_address(microsoft: Sandbox) -> None:
    message = send(headers={"X-One": "1", "List-Unsubscribe": "<https://x.example/u>"})

    work()

    [mail] = microsoft.mails()
    assert (mail["from"], mail["subject"]) == (NOREPLY, "Report")
    assert mail["text"].strip() == "Well."  # which Graph's JSON could not carry
    assert mail["html"].strip() == "<p>Well."
    assert (record(message).state, record(message).reason) == (State.SENT, "")
    assert left(message) == []


def test_an_alias_is_told_as_what_microsoft_makes_of_it(
    house: Config, sandbox: Sandbox
) -> None:
    connect_large(house, sandbox, ADMIN, "it@contoso.example")
    message = send()

    work()

    assert record(message).state == State.SENT
    assert record(message).reason == (
        "Microsoft shows admin@contoso.example as From instead of it@contoso.example."
    )


@pytest.mark.parametrize("step", ["prepared", "kept", "charged", "begun"])
def test_whoever_dies_on_the_way_leaves_one_mail(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    message = send()
    die(monkeypatch, step)

    settle(monkeypatch)

    assert record(message).state == State.SENT
    assert len(microsoft.mails()) == 1
    assert left(message) == []


@pytest.mark.parametrize("step", ["prepared", "kept", "charged"])
def test_what_surely_was_not_sent_is_never_doubted(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    message = send()
    die(monkeypatch, step)

    work()

    assert record(message).state == State.SENT
    assert Event.DOUBTED not in events(message)


FAULTS = ["504", "dropped", "reset-early", "truncated", "gateway", "200", "503", "401"]


@pytest.mark.parametrize("fault", [*FAULTS, "504-accepted", "dropped-accepted"])
@pytest.mark.parametrize(
    "only", ["POST /v1.0/me/messages", "PATCH /v1.0/me/messages", SEND]
)
def test_however_a_call_fails_there_is_one_mail_and_no_second_draft(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch, only: str, fault: str
) -> None:
    microsoft.fault(fault, only=only)
    message = send()

    for _ in range(8):
        work()
        later(monkeypatch, timedelta(minutes=1))

    assert record(message).state == State.SENT
    assert len(microsoft.mails()) == 1
    assert left(message) == []


def test_a_draft_that_was_accepted_late_is_not_sent_again(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    microsoft.fault("send-again")  # Microsoft would take the same draft twice
    microsoft.fault("504-accepted", only=SEND)
    message = send()

    settle(monkeypatch)

    assert record(message).state == State.SENT
    assert len(microsoft.mails()) == 1


def test_who_changes_the_id_on_sending_is_found_by_message_id(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    microsoft.fault("ids-change")
    microsoft.fault("504-accepted", only=SEND)
    message = send()

    settle(monkeypatch)

    assert record(message).state == State.SENT
    assert len(microsoft.mails()) == 1


def test_a_draft_that_somebody_deleted_is_a_doubt(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = send()
    die(monkeypatch, "kept")
    [draft] = left(message)
    with db.reading() as session:
        account = accounts.find(session).id
    access = tokens.current(account).access
    at = graph.mailbox(config.current().graph_url)
    drafts.discard(at, access, draft)

    for wait in (timedelta(), *outbox.LOOKS):
        later(monkeypatch, wait + timedelta(seconds=1))
        work()

    assert record(message).state == State.UNCONFIRMED
    assert microsoft.mails() == []


def test_with_the_switch_off_a_kept_draft_is_left_alone(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = send()
    die(monkeypatch, "kept")
    with db.session() as session:
        account = accounts.find(session)
        only = Settings(sender=account.sender, large_attachments=False)
        accounts.apply(session, account.id, only, "test")

    work()

    assert record(message).state == State.SENT
    assert "Left out" in record(message).reason  # as Graph's JSON leaves it
    assert len(microsoft.mails()) == 1


def test_how_long_graph_took_is_told_apart_from_the_whole_attempt(
    microsoft: Sandbox,
) -> None:
    microsoft.latency(0.1)

    message = send()
    work()

    with db.reading() as session:
        last = journal.story(session, message)[-1]
    assert last.answer
    assert last.took
    assert 100 <= last.answer.milliseconds < last.took / timedelta(milliseconds=2)
