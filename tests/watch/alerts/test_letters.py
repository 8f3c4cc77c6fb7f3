"""Letters: an alert is a message of an account that is well, and never of its own."""

import threading
from uuid import UUID

import pytest
from sqlalchemy import select

from portal import db
from portal.config import Config
from portal.mail import journal
from portal.mail.journal import Event, Line
from portal.mail.outbox import MessageRow, Priority
from portal.watch import tally
from portal.workspace import accounts
from portal.workspace.accounts import Server
from portal.workspace.accounts.servers import Security
from portal.workspace.incidents import channels
from portal.workspace.incidents.channels import Channel, Way, Wish
from tests.conftest import Passing
from tests.watch.alerts import steps

ANN = "ann@contoso.example"
STORM = 1_000
FAILS = "Mail of the account default fails too often."


@pytest.fixture
def relay(account: UUID) -> UUID:
    """Add another account, which sends; return its id."""
    server = Server(host="localhost", port=25, security=Security.NONE)
    with db.session() as session:
        given = ["alerts@contoso.example"]
        return accounts.add_smtp(session, "relay", given, server, by="Ann").id


def by(account_id: UUID) -> Channel:
    wish = Wish(name="mail", way=Way.MAIL, target=ANN, account_id=account_id)
    with db.session() as session:
        return channels.add(session, wish, "Ann")[0]


def letters() -> list[MessageRow]:
    with db.reading() as session:
        return [*session.scalars(select(MessageRow).order_by(MessageRow.id))]


def test_it_goes_into_the_outbox_ahead_of_all_else(account: UUID, relay: UUID) -> None:
    by(relay)
    steps.hold(account)

    steps.look_and_tell()

    [letter] = letters()
    assert letter.account_id == relay
    assert (letter.to, letter.priority) == ([ANN], Priority.HIGH)
    assert letter.subject == "[Mail Portal] The account default sends nothing."
    assert letter.tags == ["alert"]


def test_its_own_trouble_an_account_does_not_tell(account: UUID, relay: UUID) -> None:
    by(relay)
    steps.hold(relay)

    steps.look_and_tell()
    steps.look_and_tell()

    assert steps.kinds() == ["account-held"]
    assert letters() == []


def test_but_that_it_is_over(account: UUID, relay: UUID) -> None:
    by(relay)
    steps.hold(relay)
    steps.look_and_tell()

    steps.release(relay)
    steps.look_and_tell()

    [letter] = letters()
    assert letter.subject.startswith("[Mail Portal] Over: ")


def test_while_its_account_is_in_trouble_it_waits(
    account: UUID, relay: UUID, passes: Passing
) -> None:
    channel = by(relay)
    steps.hold(account)
    steps.hold(relay)
    steps.look_and_tell()
    assert "The account relay sends nothing itself" in steps.known(channel.id).failure

    steps.release(relay)
    passes(minutes=1)
    steps.tell()

    [letter] = letters()
    assert "default" in letter.subject


def test_it_is_accepted_once_however_often_it_is_told(
    account: UUID, relay: UUID, passes: Passing
) -> None:
    by(relay)
    steps.hold(account)
    steps.look()
    with db.session() as session:
        [alert] = steps.take(session)

    for _ in range(2):
        steps.deliver(alert)
        passes(minutes=2)
    steps.tell()

    assert len(letters()) == 1


@pytest.mark.parametrize("gone", ["removed", "off"])
def test_an_account_that_sends_no_more_is_named(
    account: UUID, relay: UUID, gone: str
) -> None:
    channel = by(relay)
    steps.hold(account)
    with db.session() as session:
        if gone == "removed":
            accounts.remove(session, accounts.by_id(session, relay), "Ann")
        else:
            accounts.enable(session, relay, enabled=False)

    steps.look_and_tell()

    expected = "is not there any more" if gone == "removed" else "is switched off"
    assert expected in steps.known(channel.id).failure
    assert letters() == []


def test_alerts_raise_no_alerts(
    house: Config, account: UUID, relay: UUID, passes: Passing
) -> None:
    by(relay)
    steps.hold(account)
    steps.hold(relay)

    for _ in range(30):
        steps.look_and_tell()
        passes(minutes=5)

    assert len(steps.going_on()) == 2
    assert letters() == []


def test_a_storm_of_failures_is_one_letter_and_another_when_it_is_over(
    account: UUID, relay: UUID, passes: Passing
) -> None:
    by(relay)
    line = Line(event=Event.FAILED, account_id=account)
    for _ in range(10):
        with db.session() as session:
            for _ in range(STORM // 10):
                journal.write(session, line)
        tally.add_up(threading.Event())
        steps.look_and_tell()
        passes(seconds=30)

    assert [each.subject for each in letters()] == [f"[Mail Portal] {FAILS}"]

    for _ in range(30):
        passes(minutes=6)
        steps.look_and_tell()

    assert [each.subject for each in letters()][1:] == [f"[Mail Portal] Over: {FAILS}"]
