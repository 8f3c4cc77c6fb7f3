"""A sign-in that works again: its trouble is over, and its account goes on."""

from uuid import UUID

import pytest

from portal import clock, db
from portal.accept import Caller
from portal.config import Config
from portal.intake import desk
from portal.mail.journal import Event
from portal.mail.lanes import FeedRow
from portal.mail.message import Message
from portal.mail.outbox import State
from tests.conftest import Passing
from tests.delivery.steps import work
from tests.mail import backlog
from tests.sandbox.serving import Sandbox
from tests.watch.steps import connection, go_round, held, told


@pytest.fixture
def troubled(contoso: Config, sandbox: Sandbox, passes: Passing) -> Sandbox:
    """Let Microsoft refuse the sign-in for a day, and take it again from now on."""
    sandbox.fault("consent-lag", after_seconds=3600)
    passes(days=1)
    go_round()
    assert held() == connection().trouble != ""
    sandbox.clear()
    return sandbox


def take() -> UUID:
    """Accept a message; return its id."""
    brought = Message(to="jane@example.com", subject="Report", text="Well.")
    return UUID(desk.take(brought, Caller(name="test")).id)


def test_what_works_again_is_in_trouble_no_more(
    troubled: Sandbox, passes: Passing
) -> None:
    passes(days=1)

    go_round()

    assert (connection().trouble, held()) == ("", "")
    assert told() == [Event.ACCOUNT_HELD, Event.ACCOUNT_RELEASED]


def test_what_waited_for_it_follows(troubled: Sandbox, passes: Passing) -> None:
    waiting = [take(), take()]
    passes(days=1)

    go_round()
    work()

    assert [backlog.state(each) for each in waiting] == [State.SENT] * 2
    assert len(troubled.mails()) == 2


def test_what_is_too_old_by_then_waits_for_a_word(
    troubled: Sandbox, passes: Passing
) -> None:
    old = take()
    passes(days=6)
    young = take()

    go_round()
    work()

    assert [backlog.state(old), backlog.state(young)] == [State.HELD, State.SENT]


def test_what_something_else_holds_stays_held_and_tries_at_once(
    troubled: Sandbox, passes: Passing
) -> None:
    backlog.hold(backlog.account(), "The mailbox is full.")
    passes(days=1)

    go_round()

    assert (connection().trouble, held()) == ("", "The mailbox is full.")
    assert told() == [Event.ACCOUNT_HELD]
    with db.reading() as session:
        feed = session.get_one(FeedRow, backlog.account())
    assert feed.probe_at == clock.now()


def test_a_renewed_credential_lets_a_message_try_which_releases_the_rest(
    contoso: Config, sandbox: Sandbox, passes: Passing
) -> None:
    sandbox.fault("secret-expired")
    passes(days=1)
    go_round()
    waiting = [take(), take()]
    passes(hours=1)

    go_round()
    work()

    assert [backlog.state(each) for each in waiting] == [State.SENT] * 2
    assert told() == [Event.ACCOUNT_HELD, Event.ACCOUNT_RELEASED]
