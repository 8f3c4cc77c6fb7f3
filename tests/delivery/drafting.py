"""The steps of what leaves as a draft, and of what Microsoft does with it by itself."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from portal import config, db
from portal.accept import Caller
from portal.intake import desk
from portal.mail import outbox
from portal.mail.message import Message
from portal.mail.outbox import State
from portal.microsoft import drafts, graph
from portal.microsoft.drafts import Found
from portal.workspace import accounts, tokens
from tests.delivery.steps import later, record, work
from tests.sandbox.serving import Sandbox

ADMIN = "admin@contoso.example"
NOREPLY = "noreply@contoso.example"
SEND = "/send"
SOON = outbox.LOOKS[0] + timedelta(seconds=1)


def send(**fields: Any) -> UUID:
    """Send a message as far as it gets; return its id."""
    message = accept(**fields)
    work()
    return message


def accept(**fields: Any) -> UUID:
    """Accept a message; return its id."""
    brought = Message(to="jane@example.com", subject="Report", text="Well.", **fields)
    return UUID(desk.take(brought, Caller(name="test")).id)


def send_unanswered(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch, **fields: Any
) -> UUID:
    """Lose what Microsoft says to sending a draft, and find it a draft still."""
    microsoft.fault("504", only=SEND)
    message = send(**fields)
    later(monkeypatch, SOON)
    work()
    assert record(message).state == State.QUEUED
    return message


def kept(message: UUID) -> list[Found]:
    """Return what of a message is in the mailbox: drafts, and copies that were sent."""
    known = record(message).internet_message_id
    return drafts.search(graph.mailbox(config.current().graph_url), access(), known)


def get_through(message: UUID) -> None:
    """Have Microsoft send a draft after all, as its own queue does."""
    [draft] = [each.id for each in kept(message) if each.draft]
    drafts.send(graph.mailbox(config.current().graph_url), access(), draft)


def access() -> str:
    with db.reading() as session:
        account = accounts.find(session).id
    return tokens.current(account).access


def go_on(monkeypatch: pytest.MonkeyPatch, minutes: int = 30) -> None:
    """Work for as long as every draft and every question may take."""
    for _ in range(minutes):
        later(monkeypatch, timedelta(minutes=1))
        work()
