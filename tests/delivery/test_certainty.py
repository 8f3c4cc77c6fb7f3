"""What crosses what on the way: however answers and copies lag, there is one mail."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest

from portal import clock, config, db
from portal.explanations.own import AMONG_DRAFTS
from portal.mail.message import Attachment
from portal.mail.outbox import State, decisions
from portal.microsoft import attachments, drafts, graph
from portal.microsoft.attachments import File
from portal.watch import strays
from portal.workspace import accounts
from tests.delivery.drafting import (
    NOREPLY,
    SEND,
    SOON,
    accept,
    access,
    go_on,
    kept,
    send,
)
from tests.delivery.dying import die
from tests.delivery.steps import later, record, work
from tests.mail import backlog
from tests.sandbox.serving import Sandbox

CREATE = "POST /v1.0/me/messages "
HOUR_SECONDS = 3600
LARGE = 5_000_000  # bytes


def send_second_draft(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch, fault: str
) -> UUID:
    """Send a message by its second draft with a fault; then the first turns up.

    Copies of what was sent are found by nothing for an hour.
    """
    microsoft.fault("draft-lag", after_seconds=HOUR_SECONDS)
    microsoft.fault("504-accepted", only=CREATE)
    microsoft.fault(fault, only=SEND)
    message = send()
    later(monkeypatch, timedelta(minutes=2))
    work()
    assert record(message).state == State.SENDING
    forget_faults(microsoft)
    microsoft.fault("search-lag", after_seconds=HOUR_SECONDS)
    return message


def forget_faults(microsoft: Sandbox) -> None:
    microsoft.session.delete(f"{microsoft.url}/faults.json", timeout=9)


def retry(message: UUID) -> None:
    with db.session() as session:
        decisions.retry(session, message, "Ann")


def test_a_draft_that_turns_up_is_not_taken_for_the_one_that_was_sent(
    drafting: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = send_second_draft(drafting, monkeypatch, "504-accepted")
    go_on(monkeypatch, 3)
    assert len(drafting.mails()) == 1

    forget_faults(drafting)
    go_on(monkeypatch, 20)

    assert record(message).state == State.SENT
    assert len(drafting.mails()) == 1


def test_nor_when_the_one_that_goes_again_was_sent_late(
    drafting: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = send_second_draft(drafting, monkeypatch, "504")
    later(monkeypatch, SOON)
    work()
    assert record(message).state == State.QUEUED
    at = graph.mailbox(config.current().graph_url)
    drafts.send(at, access(), backlog.row(message)["draft_id"])

    go_on(monkeypatch, 3)

    assert len(drafting.mails()) == 1


def test_what_was_rejected_as_a_draft_is_sent_as_another(drafting: Sandbox) -> None:
    code = "ErrorInvalidRecipients"
    drafting.fault("error", status=400, code=code, only=SEND)
    message = send()
    assert record(message).state == State.FAILED

    retry(message)
    work()

    assert record(message).state == State.SENT
    assert len(drafting.mails()) == 1


def test_a_draft_that_was_never_made_is_not_deleted(drafting: Sandbox) -> None:
    code = "ErrorMessageSizeExceeded"
    drafting.fault("error", status=413, code=code, only=CREATE)

    message = send()

    assert record(message).state == State.HELD
    assert drafting.calls("DELETE ") == []


def test_a_clock_that_was_set_back_keeps_nobody_waiting(
    drafting: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafting.fault("503", only=CREATE)
    message = send()
    tomorrow = clock.now() + timedelta(days=1)
    backlog.change(message, unnamed_since=tomorrow)

    later(monkeypatch, timedelta(seconds=9))
    work()

    assert record(message).state == State.SENT


def test_what_is_lost_in_deleting_a_draft_is_no_doubt(
    drafting: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = accept(attachments=[Attachment(b"x" * LARGE, name="a.bin")])
    die(monkeypatch, "enclosed")
    spoil(backlog.row(message)["draft_id"])
    drafting.fault("504-accepted", only="DELETE ")

    go_on(monkeypatch, 5)

    assert record(message).state == State.SENT
    [mail] = drafting.mails()
    assert [each["name"] for each in mail["attachments"]] == ["a.bin"]


def switch_large(on: bool) -> None:
    """Have somebody switch large file attachments off, or on again."""
    with db.session() as session:
        account = accounts.find(session)
        chosen = accounts.Settings(sender=NOREPLY, large_attachments=on)
        accounts.apply(session, account.id, chosen, "Ann")


def test_the_draft_of_what_left_without_it_proves_nothing(
    drafting: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafting.fault("503", only=SEND, after_seconds=1)
    message = send()
    assert backlog.row(message)["draft_id"]
    switch_large(on=False)
    drafting.fault("search-lag", after_seconds=HOUR_SECONDS)
    drafting.fault("504-accepted", only="sendMail")
    later(monkeypatch, timedelta(seconds=2))
    work()
    assert record(message).state == State.SENDING

    switch_large(on=True)
    go_on(monkeypatch)

    assert record(message).cause == AMONG_DRAFTS.name
    assert len(drafting.mails()) == 1


def test_that_draft_is_deleted_once_it_is_surely_not_needed(
    drafting: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafting.fault("503", only=SEND, after_seconds=1)
    message = send()
    switch_large(on=False)
    later(monkeypatch, timedelta(seconds=2))
    work()
    assert record(message).state == State.SENT
    switch_large(on=True)

    later(monkeypatch, timedelta(minutes=10))
    strays.delete_all(threading.Event())

    assert [each.draft for each in kept(message)] == [False]


def spoil(draft_id: str) -> None:
    """Add files to a draft that its message does not have."""
    at = graph.mailbox(config.current().graph_url)
    for name in ("b.txt", "c.txt"):
        more = File(name=name, content_type="text/plain", size=1)
        attachments.attach(at, access(), draft_id, more, [b"x"])
