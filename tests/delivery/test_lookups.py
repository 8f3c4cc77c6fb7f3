"""Looking up what is unsure, in the mailbox of a Microsoft that lost its answer."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine

from portal import config, db
from portal.accept import Caller
from portal.config import Config
from portal.delivery.graph.drafted import FOUND
from portal.explanations import own
from portal.explanations.row import Who
from portal.intake import desk
from portal.mail import outbox
from portal.mail.message import Message
from portal.mail.outbox import State
from portal.workspace import accounts
from portal.workspace.consent import reset
from tests import trip
from tests.conftest import Passing
from tests.delivery.steps import later, record, work
from tests.relay import relay
from tests.sandbox.serving import Sandbox
from tests.trip import ANN, connect_large
from tests.workspace.consent.watching import REPORTS, walk

WAITS = [wait + timedelta(seconds=1) for wait in outbox.LOOKS]
FINISHED = b"""From: admin@contoso.example\r
To: jane@example.com\r
Subject: Finished\r
Message-ID: <always-the-same@contoso.example>\r
\r
Well.\r
"""


@pytest.fixture
def microsoft(house: Config, sandbox: Sandbox) -> Sandbox:
    """Connect as admin@ with large file attachments, to send from the own mailbox."""
    connect_large(house, sandbox, ANN, ANN)
    return sandbox


def send(brought: Message | bytes) -> UUID:
    """Send a message as far as it gets; return its id."""
    message = UUID(desk.take(brought, Caller(name="test")).id)
    work()
    return message


def unsure(microsoft: Sandbox, fault: str = "504-accepted") -> UUID:
    """Send a message whose answer is lost; return its id."""
    microsoft.fault(fault)
    return send(Message(to="jane@example.com", subject="Report", text="Well."))


def look(monkeypatch: pytest.MonkeyPatch, times: int = len(WAITS)) -> None:
    for wait in WAITS[:times]:
        later(monkeypatch, wait)
        work()


LOST = ["504-accepted", "dropped-accepted", "truncated-accepted"]


@pytest.mark.parametrize("fault", LOST)
def test_what_arrived_is_found_at_the_first_look(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    message = unsure(microsoft, fault)
    assert record(message).state == State.SENDING

    look(monkeypatch, times=1)

    assert (record(message).state, record(message).reason) == (State.SENT, FOUND)
    assert len(microsoft.mails()) == 1


@pytest.mark.parametrize("fault", ["504", "dropped", "truncated", "gateway", "200"])
def test_what_is_not_there_is_unconfirmed_after_the_last_look(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    message = unsure(microsoft, fault)

    look(monkeypatch, times=len(WAITS) - 1)
    assert record(message).state == State.SENDING
    later(monkeypatch, WAITS[-1])
    work()

    assert record(message).state == State.UNCONFIRMED
    assert record(message).reason == own.NOT_FOUND.sentence
    assert microsoft.mails() == []


def test_nobody_is_asked_to_decide_while_it_is_still_looked_for(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = unsure(microsoft, "504")

    look(monkeypatch, times=len(WAITS) - 1)

    assert record(message).reason == own.LOOKED_FOR_AGAIN.sentence
    assert own.LOOKED_FOR_AGAIN.who == Who.NOBODY


def test_what_can_be_found_only_later_is_found_later(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    microsoft.fault("401", times=2, only="GET")
    message = unsure(microsoft)

    look(monkeypatch, times=3)

    assert record(message).state == State.SENT


def test_without_the_permission_nobody_is_asked(
    contoso: Config, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = unsure(sandbox)

    look(monkeypatch, times=1)

    assert record(message).state == State.UNCONFIRMED
    assert record(message).reason == own.CANNOT_READ.sentence


def test_with_the_switch_off_the_permission_is_not_used(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = unsure(microsoft)
    with db.session() as session:
        account = accounts.find(session)
        only = accounts.Settings(sender=ANN, large_attachments=False)
        accounts.apply(session, account.id, only, "test")

    look(monkeypatch, times=1)

    assert record(message).reason == own.CANNOT_READ.sentence


def test_another_mailbox_tells_nothing(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = unsure(microsoft)
    trip.connect_as(microsoft, "reports@contoso.example", "reports@contoso.example")

    look(monkeypatch)

    assert record(message).state == State.UNCONFIRMED
    assert record(message).reason == own.ELSEWHERE.sentence


def test_after_a_reset_what_is_unsure_does_not_wait_for_ever(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = unsure(microsoft)
    with db.session() as session:
        reset.reset(session, accounts.find(session).id, ANN)

    look(monkeypatch)

    assert record(message).state == State.UNCONFIRMED


def test_two_mails_with_one_message_id_are_never_taken_for_each_other(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = send(FINISHED)
    microsoft.fault("504")
    second = send(FINISHED)

    look(monkeypatch)

    assert record(first).state == State.SENT
    assert record(second).state == State.UNCONFIRMED
    assert record(second).reason == own.NAMESAKES.sentence


def test_a_copy_from_before_is_not_taken_for_this_one(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with time_machine.travel(timedelta(days=-40)):
        first = send(FINISHED)
    with db.session() as session:
        # Its record is gone, as retention leaves it; the copy in the mailbox is not.
        session.delete(session.get_one(outbox.MessageRow, first))
    microsoft.fault("504")
    second = send(FINISHED)

    look(monkeypatch)

    assert record(second).state == State.UNCONFIRMED


def test_a_mailbox_that_was_connected_meanwhile_is_not_asked(
    house: Config, sandbox: Sandbox, passes: Passing
) -> None:
    with relay(sandbox) as between:
        config.use(replace(house, login_url=between.url, graph_url=between.url))
        trip.register()
        connect_through(sandbox, ANN)
        message = unsure(sandbox)
        between.meanwhile["messages"] = lambda: connect_through(sandbox, REPORTS)
        between.once["messages"] = 403, b'{"error": {"code": "ErrorAccessDenied"}}'

        passes(seconds=WAITS[0].total_seconds())
        work()

        asked = [path for path in between.paths if "/messages?" in path]
        assert len(asked) == 1
        assert record(message).cause == own.CONNECTED_ANEW.name


def connect_through(sandbox: Sandbox, as_: str) -> None:
    """Connect with large file attachments, whoever stands between us and Microsoft."""
    back = walk(sandbox, trip.depart(trip.ask(as_, large=True).link), as_)
    trip.arrive(back, admin=ANN)
