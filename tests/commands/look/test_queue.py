"""`portal status` tells of the queue: how old, when through, and who is needed."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from portal import clock, db
from portal.commands.look import text
from portal.config import Config
from portal.errors import Scope, Withheld
from portal.mail.journal import Event
from portal.mail.outbox import State, overdue
from portal.workspace import accounts
from tests.commands.sending import send_one
from tests.conftest import Passing
from tests.mail import backlog
from tests.terminal import portal


def account_as_json() -> dict[str, Any]:
    (told,) = json.loads(portal("status", "--json").out)["accounts"]
    return dict(told)


def test_what_is_too_old_to_go_without_a_word_is_counted(
    contoso: Config, passes: Passing
) -> None:
    for _ in range(2):
        portal("send", "--to", "jane@example.com")
    passes(days=6)
    with db.session() as session:
        overdue.set_aside(session, accounts.find(session).id)

    ran = portal("status")

    assert ran.code == 1
    assert "Overdue       2  " in ran.out
    assert json.loads(portal("status", "--json").out)["accounts"][0]["overdue"] == 2


def test_it_tells_when_it_was_checked_and_how_old_the_queue_is(
    contoso: Config, passes: Passing
) -> None:
    passes()
    portal("send", "--to", "jane@example.com")
    due = clock.now().isoformat(timespec="seconds")

    (account,) = json.loads(portal("status", "--json").out)["accounts"]

    assert account["oldest_due_at"] == due
    assert account["checked_at"]
    out = portal("status").out
    assert f"Oldest due    {due}" in out
    assert f"Checked       {account['checked_at']}" in out


def test_it_tells_what_the_mailbox_spent_and_may_spend(contoso: Config) -> None:
    portal("accounts", "set", "default", "--per-minute", "30")
    send_one()

    told = account_as_json()

    assert told["budgets"]["messages"] == {
        "spent": 1,
        "limit": 30,
        "window_seconds": 60,
    }
    assert told["budgets"]["recipients"]["spent"] == 1
    assert (told["per_minute"], told["when_unsure"]) == (30, "ask")
    lines = [line.strip() for line in portal("status").out.splitlines()]
    assert "Spent         1 of 9,500 requests in 10 min" in lines
    assert {"0 of 150 MB in 5 min", "1 of 10,000 recipients in 24 h"} < {*lines}
    assert "1 of 30 messages in 1 min" in lines


def test_what_has_no_limit_tells_what_was_spent(contoso: Config) -> None:
    send_one()

    assert account_as_json()["budgets"]["messages"]["limit"] is None
    assert "\n              1 messages in 1 min\n" in portal("status").out + "\n"


def test_it_foretells_when_the_queue_will_be_through(
    contoso: Config, passes: Passing
) -> None:
    assert account_as_json()["through_at"] is None
    send_one()
    for _ in range(2):
        portal("send", "--to", "jane@example.com")

    through = datetime.fromisoformat(account_as_json()["through_at"])

    # As fast as the last minute went: one message.
    assert through == (clock.now() + timedelta(minutes=2)).replace(microsecond=0)
    assert f"Through       about {through.isoformat()}" in portal("status").out


def test_a_held_account_foretells_nothing(contoso: Config) -> None:
    send_one(Withheld("The mailbox is full.", scope=Scope.ACCOUNT))

    told = account_as_json()

    assert (told["state"], told["through_at"]) == ("needs attention", None)
    assert told["budgets"] is None


@pytest.mark.parametrize("state", [State.HELD, State.UNCONFIRMED])
def test_what_needs_somebody_is_counted_with_what_to_type(
    house: Config, state: State
) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    backlog.put(account)
    [claim] = backlog.take()
    backlog.settle(claim, state, Event(state.value))

    ran = portal("status")

    [line] = [line for line in ran.out.splitlines() if line.startswith(state.title())]
    assert ran.code == 1
    assert line.endswith(f"  {text.HOW[state]}")
    named = re.findall(r"portal (\w+) (\w+)", line)
    assert named
    assert all(portal(*words, "--help").code == 0 for words in named)
