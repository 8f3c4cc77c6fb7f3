"""A draft that Microsoft may be sending just now: whatever else happens, it is told."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest

from portal import clock, config, db
from portal.delivery.graph import Graph
from portal.delivery.transport import (
    Accepted,
    Attempt,
    NotSent,
    Parcel,
    Progress,
    Unknown,
)
from portal.errors import Conflict, Deferred
from portal.mail.outbox import State, decisions
from portal.mail.transfers import Transfer
from tests.delivery.drafting import SEND, get_through, go_on, kept, send_unanswered
from tests.delivery.steps import later, record, work, work_once
from tests.sandbox.serving import Sandbox

SETTLES = timedelta(seconds=31)


@dataclass
class Meanwhile:
    """The progress of a message to which something happens before it is sent."""

    progress: Progress
    happen: Callable[[], None]

    def prepare(self, draft_id: str = "") -> None:
        self.progress.prepare(draft_id)

    def charge(self, requests: int = 1) -> None:
        self.progress.charge(requests)

    def begin(self) -> None:
        self.progress.begin()
        self.happen()

    def create(self) -> None:
        self.progress.create()

    def forgo(self) -> None:
        self.progress.forgo()

    def weigh(self, size: int) -> None:
        self.progress.weigh(size)

    def upload(self, size: int) -> None:
        self.progress.upload(size)

    def plan(self, sizes: Mapping[int, int]) -> None:
        self.progress.plan(sizes)

    def enclose(self, inside: int) -> None:
        self.progress.enclose(inside)

    def breathe(self) -> None:
        self.progress.breathe()

    def divide(self, recipients: Sequence[str], error: Deferred) -> None:
        self.progress.divide(recipients, error)

    def go_on(self, transfer: Transfer) -> None:
        self.progress.go_on(transfer)

    def advance(self, part: int, received: int) -> None:
        self.progress.advance(part, received)


@dataclass
class Overtaken:
    """Graph, with something that happens before it is told to send."""

    graph: Graph
    happen: Callable[[], None]

    def deliver(self, parcel: Parcel, progress: Progress) -> Accepted:
        return self.graph.deliver(parcel, Meanwhile(progress, self.happen))

    def look_up(self, attempt: Attempt) -> Accepted | NotSent | Unknown:
        return self.graph.look_up(attempt)


def refuse_what_got_through(
    microsoft: Sandbox, message: UUID, status: int, code: str
) -> Overtaken:
    """Let a draft get through just before it is sent again, which is refused."""

    def happen() -> None:
        get_through(message)
        microsoft.fault("error", only=SEND, status=status, code=code)

    return Overtaken(Graph(config.current().graph_url), happen)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ErrorInvalidRequest"),
        (400, "ErrorInvalidRecipients"),
        (403, "ErrorAccessDenied"),
        (404, "ErrorItemNotFound"),
        (409, "ErrorIrresolvableConflict"),
        (413, "ErrorMessageSizeExceeded"),
        (429, "TooManyRequests"),
    ],
)
def test_what_is_refused_because_it_was_sent_is_sent(
    drafting: Sandbox, monkeypatch: pytest.MonkeyPatch, status: int, code: str
) -> None:
    message = send_unanswered(drafting, monkeypatch)

    later(monkeypatch, SETTLES)
    work_once(refuse_what_got_through(drafting, message, status, code))
    go_on(monkeypatch)

    assert record(message).state == State.SENT
    assert len(drafting.mails()) == 1
    assert [each.draft for each in kept(message)] == [False]


def test_what_is_refused_and_still_a_draft_has_failed_and_leaves_nothing(
    drafting: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = send_unanswered(drafting, monkeypatch)
    drafting.fault("error", only=SEND, status=400, code="ErrorInvalidRecipients")

    go_on(monkeypatch)

    assert record(message).state == State.FAILED
    assert kept(message) == []
    assert drafting.mails() == []


def test_what_may_be_leaving_just_now_is_not_cancelled(
    drafting: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = send_unanswered(drafting, monkeypatch)
    get_through(message)

    with db.session() as session, pytest.raises(Conflict):
        decisions.cancel(session, message, "Ann")
    go_on(monkeypatch)

    assert record(message).state == State.SENT
    assert len(drafting.mails()) == 1


def test_what_may_be_leaving_just_now_does_not_expire(
    drafting: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = clock.now() + timedelta(seconds=20)
    message = send_unanswered(drafting, monkeypatch, expires_at=over)
    get_through(message)

    later(monkeypatch, timedelta(seconds=20))
    work()

    assert record(message).state == State.QUEUED


def test_what_may_have_left_before_its_time_was_over_is_unconfirmed(
    drafting: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = clock.now() + timedelta(seconds=20)
    message = send_unanswered(drafting, monkeypatch, expires_at=over)
    get_through(message)

    go_on(monkeypatch)

    assert record(message).state == State.UNCONFIRMED
    assert len(drafting.mails()) == 1


def test_what_may_have_left_before_it_was_cancelled_is_unconfirmed(
    drafting: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = send_unanswered(drafting, monkeypatch)
    get_through(message)
    later(monkeypatch, timedelta(minutes=1))

    with db.session() as session:
        decisions.cancel(session, message, "Ann")

    assert record(message).state == State.UNCONFIRMED
    assert len(drafting.mails()) == 1


def test_what_may_be_leaving_just_now_is_not_hastened(
    drafting: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = send_unanswered(drafting, monkeypatch)

    with db.session() as session, suppress(Conflict):
        decisions.retry(session, message, "Ann")
    later(monkeypatch, SETTLES - timedelta(seconds=2))
    work()
    assert drafting.mails() == []
    later(monkeypatch, timedelta(seconds=2))
    work()

    assert record(message).state == State.SENT
    assert len(drafting.mails()) == 1
