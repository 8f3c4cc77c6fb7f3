"""Releases: whatever lets a held account go on, the mail log says so, and why."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from portal import db
from portal.config import Config
from portal.mail import journal
from portal.mail.journal import Event
from portal.mail.outbox import State, overdue
from portal.workspace import accounts, switch
from portal.workspace.accounts import entries
from portal.workspace.accounts.servers import HERE
from portal.workspace.consent import submission
from tests.conftest import Passing
from tests.mail import backlog

OLD = overdue.LIFE + timedelta(days=1)


def add() -> UUID:
    with db.session() as session:
        given = ["reports@contoso.example"]
        return accounts.add_smtp(session, "relay", given, HERE, by="Ann").id


def told() -> list[tuple[Event, str]]:
    """Return what the log says of accounts as a whole, in order."""
    whole = (Event.ACCOUNT_HELD, Event.ACCOUNT_RELEASED, Event.CONNECTED)
    with db.reading() as session:
        lines = reversed(journal.latest(session, 100))
        return [(line.event, line.reason) for _, line in lines if line.event in whole]


def move(account_id: UUID) -> None:
    with db.session() as session:
        account = accounts.by_id(session, account_id)
        submission.move(session, account, replace(HERE, port=26))


def switch_off_and_on(account_id: UUID) -> None:
    for switched in (switch.off, switch.on):
        with db.session() as session:
            switched(session, accounts.by_id(session, account_id))


@pytest.mark.parametrize(
    ("release", "why"),
    [(move, submission.MOVED), (switch_off_and_on, switch.ON)],
)
def test_an_account_that_goes_on_is_told_of(
    house: Config, release: Callable[[UUID], None], why: str
) -> None:
    account = add()
    backlog.hold(account)

    release(account)

    assert told() == [(Event.ACCOUNT_RELEASED, why)]


def test_what_is_not_held_is_not_released(house: Config) -> None:
    move(add())

    assert told() == []


def test_another_address_is_tried_with_one_message(house: Config) -> None:
    with db.session() as session:
        given = ["bills@contoso.example"]
        account = accounts.add(session, "bills", given, large=False, by="Ann")
    messages = [backlog.put(account.id) for _ in range(2)]
    backlog.hold(account.id)

    with db.session() as session:
        accounts.readdress(session, account, ["new@contoso.example"], "Ann")
        entries.change(session, account, "Ann", "another address")

    assert backlog.taken() == messages[:1]
    assert told() == []


def test_what_grew_old_does_not_go_to_another_server_without_a_word(
    house: Config, passes: Passing
) -> None:
    account = add()
    message = backlog.put(account)
    backlog.hold(account)
    passes(days=OLD.days)

    move(account)

    assert backlog.state(message) is State.HELD
    assert told() == [(Event.ACCOUNT_RELEASED, f"{submission.MOVED} {overdue.TOO_OLD}")]
