"""A copy with the same Message-ID that is not this message's is not taken for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine

from portal import config, db
from portal.accept import Caller
from portal.config import Config
from portal.delivery.graph import Graph
from portal.delivery.transport import (
    Accepted,
    Attempt,
    NotSent,
    Parcel,
    Progress,
    Unknown,
)
from portal.intake import desk
from portal.mail import outbox
from portal.mail.outbox import State
from portal.microsoft import graph
from tests.delivery.drafting import ADMIN, NOREPLY, SOON, access, go_on
from tests.delivery.dying import die_beside_others
from tests.delivery.steps import later, record, work, work_once
from tests.sandbox.serving import Sandbox
from tests.trip import connect_large

CREATE = "POST /v1.0/me/messages"
CLOCKS = pytest.mark.parametrize("off", [timedelta(hours=h) for h in (-2, 0, 2)])
FINISHED = """From: {sender}\r
To: jane@example.com\r
Subject: {subject}\r
Message-ID: <ticket-1@elsewhere.example>\r
\r
Well.\r
"""


@dataclass
class Overtaken:
    """Graph, before which something happens once its message is packed."""

    graph: Graph
    happen: Callable[[], None]

    def deliver(self, parcel: Parcel, progress: Progress) -> Accepted:
        self.happen()
        return self.graph.deliver(parcel, progress)

    def look_up(self, attempt: Attempt) -> Accepted | NotSent | Unknown:
        self.happen()
        return self.graph.look_up(attempt)


def finished(sender: str, subject: str) -> bytes:
    return FINISHED.format(sender=sender, subject=subject).encode()


def accept(sender: str, subject: str) -> UUID:
    return UUID(desk.take(finished(sender, subject), Caller(name="test")).id)


def copy(subject: str) -> None:
    """Have a copy in the mailbox that somebody else has sent from it."""
    graph.send_mime(
        graph.mailbox(config.current().graph_url), access(), finished(ADMIN, subject)
    )


def forget(message: UUID) -> None:
    """Erase a record, as retention does; the copy in the mailbox stays."""
    with db.session() as session:
        session.delete(session.get_one(outbox.MessageRow, message))


@pytest.fixture
def own(house: Config, sandbox: Sandbox) -> Sandbox:
    """Connect as admin@ with large file attachments, to send from the own mailbox."""
    connect_large(house, sandbox, ADMIN, ADMIN)
    return sandbox


def test_an_old_copy_is_not_taken_for_what_has_not_left_yet(
    drafting: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with time_machine.travel(timedelta(days=-80)):
        first = accept(NOREPLY, "First")
        work()
    forget(first)
    drafting.fault("503", only=CREATE, after_seconds=1)

    second = accept(NOREPLY, "Second")
    work()
    go_on(monkeypatch)

    assert record(second).state == State.SENT
    assert len(drafting.mails("Second")) == 1


def test_somebody_elses_copy_is_not_taken_for_what_has_not_left_yet(
    drafting: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy("As it came")
    drafting.fault("503", only=CREATE, after_seconds=1)

    message = accept(NOREPLY, "Handed on")
    work()
    go_on(monkeypatch)

    assert record(message).state == State.SENT
    assert len(drafting.mails("Handed on")) == 1


def test_another_mail_that_comes_while_it_is_searched_for_is_not_taken_for_it(
    own: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.fault("504")
    first = accept(ADMIN, "First")
    work()

    def send_another() -> None:
        accept(ADMIN, "Second")
        work()

    later(monkeypatch, SOON)
    work_once(Overtaken(Graph(config.current().graph_url), send_another))

    assert len(own.mails("Second")) == 1
    assert record(first).state == State.SENDING


def test_nor_is_its_draft(drafting: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    drafting.fault("503", only=CREATE, after_seconds=1)
    first = accept(NOREPLY, "First")
    work()

    def begin_another() -> None:
        accept(NOREPLY, "Second")
        die_beside_others("kept")

    later(monkeypatch, SOON)
    work_once(Overtaken(Graph(config.current().graph_url), begin_another))

    assert record(first).state == State.SENT
    assert [each["subject"] for each in drafting.mails()] == ["First"]


@CLOCKS
def test_a_copy_from_before_it_was_accepted_settles_no_doubt(
    own: Sandbox, monkeypatch: pytest.MonkeyPatch, off: timedelta
) -> None:
    with time_machine.travel(timedelta(hours=-1)):
        copy("As it came")
    later(monkeypatch, off)
    own.fault("504")

    message = accept(ADMIN, "Handed on")
    work()
    go_on(monkeypatch)

    assert record(message).state == State.UNCONFIRMED
    assert own.mails("Handed on") == []


@CLOCKS
def test_a_copy_is_found_whatever_our_clock_says(
    own: Sandbox, monkeypatch: pytest.MonkeyPatch, off: timedelta
) -> None:
    later(monkeypatch, off)  # our clock, and not Microsoft's
    own.fault("504-accepted")

    message = accept(ADMIN, "Report")
    work()
    go_on(monkeypatch, minutes=1)

    assert record(message).state == State.SENT
