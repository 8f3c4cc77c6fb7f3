"""`portal status` and `portal log`, for people and for programs."""

import json
import re
import signal
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from portal import clock, db
from portal.commands import look
from portal.config import Config
from portal.delivery.worker import Worker
from portal.errors import Answer, Rejected, Scope, Withheld
from portal.mail import journal
from portal.mail.journal import Event, Line
from portal.mail.outbox import State, overdue
from portal.watch.alerts import looking
from portal.workspace import accounts
from tests.conftest import Passing
from tests.mail import backlog
from tests.postman import Postman
from tests.terminal import portal


def send_one(*answers: Exception) -> UUID:
    """Send a mail, and let it end as told."""
    ran = portal("send", "--to", "jane@example.com")
    Worker({"graph": Postman(*answers)}).work_once()
    return UUID(ran.out.split()[0])


def test_an_empty_house_needs_attention_and_says_what_to_do(house: Config) -> None:
    ran = portal("status")

    assert ran.code == 1
    assert "portal register" in ran.out
    assert "Account       default (not connected)" in ran.out
    assert "The account is not connected yet." in ran.out


def test_all_is_well_once_it_is_connected(contoso: Config) -> None:
    ran = portal("status")

    assert ran.code == 0
    assert "admin@contoso.example, not yet proven" in ran.out
    assert "Reason" not in ran.out


def test_it_tells_what_expires_when(contoso: Config) -> None:
    assert "not known. Entra shows it" in portal("status").out

    portal("credentials", "date", "2021-03-01")

    assert ": 2021-03-01, over. Make" in portal("status").out
    told = json.loads(portal("status", "--json").out)["expires"]
    assert [each["kind"] for each in told] == ["client secret", "sign-in"]
    assert [each["warns"] for each in told] == [True, False]


def test_a_mail_that_was_accepted_proves_it(contoso: Config) -> None:
    send_one()

    assert "not yet proven" not in portal("status").out


def test_a_held_account_says_why_and_how_much_waits(contoso: Config) -> None:
    send_one(Withheld("The mailbox is full.", scope=Scope.ACCOUNT))

    ran = portal("status")

    assert ran.code == 1
    assert "The mailbox is full." in ran.out
    assert "Waiting       1" in ran.out


def test_a_hold_tells_what_to_type_on_a_line_of_its_own(contoso: Config) -> None:
    command = "Add-Right 'a' -To 'b'"
    send_one(Withheld("It lacks a right.", scope=Scope.ACCOUNT, command=command))

    lines = portal("status").out.splitlines()

    assert "Reason        It lacks a right." in lines
    assert f"Command       {command}" in lines
    assert f"It lacks a right. Command: {command}" in portal("log").out


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


def test_programs_read_the_same_as_json(contoso: Config) -> None:
    ran = portal("status", "--json")

    told = json.loads(ran.out)
    (account,) = told["accounts"]
    assert ran.code == 0
    assert account["state"] == "connected"
    assert account["connected_as"] == account["from"] == "admin@contoso.example"
    assert (account["waiting"], account["proven"], account["reason"]) == (0, False, "")


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


def test_it_warns_of_what_ends_and_tells_of_troubles(
    contoso: Config, passes: Passing
) -> None:
    portal("send", "--to", "jane@example.com")
    passes(days=80)
    looking.look(threading.Event())

    told = json.loads(portal("status", "--json").out)

    assert [(each["kind"], each["days"]) for each in told["expiring"]] == [
        ("sign-in", 10)
    ]
    assert "queue-stuck" in [each["kind"] for each in told["incidents"]]
    out = portal("status").out
    assert f"Expires       {told['expiring'][0]['sentence']}" in out
    assert "Incident      Mail of the account default does not move." in out


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
    assert line.endswith(f"  {look.HOW[state]}")
    named = re.findall(r"portal (\w+) (\w+)", line)
    assert named
    assert all(portal(*words, "--help").code == 0 for words in named)


def account_as_json() -> dict[str, Any]:
    (told,) = json.loads(portal("status", "--json").out)["accounts"]
    return dict(told)


def test_the_log_tells_the_story_in_order(contoso: Config) -> None:
    message_id = send_one()

    ran = portal("log")

    lines = [line for line in ran.out.splitlines() if str(message_id) in line]
    assert [line.split("  ")[1].strip() for line in lines] == [
        "accepted",
        "sending",
        "sent",
    ]


def test_the_log_shows_one_kind_of_line_however_far_back(contoso: Config) -> None:
    failed = send_one(Rejected("No such mailbox.", answer=Answer(status=400)))
    with db.session() as session:
        for _ in range(150):
            journal.write(session, Line(event=Event.ACCEPTED))

    ran = portal("log", "--status", "failed")

    (line,) = ran.out.splitlines()
    assert str(failed) in line
    assert line.endswith("No such mailbox.")


def test_the_log_as_json_is_one_object_a_line(contoso: Config) -> None:
    message_id = send_one(Rejected("No such mailbox.", answer=Answer(status=400)))

    lines = [json.loads(line) for line in portal("log", "--json").out.splitlines()]

    told = lines[-1]
    assert told["event"] == "failed"
    assert told["message"] == str(message_id)
    assert told["answer"]["status"] == 400


def test_an_unknown_kind_is_wrong_use(house: Config) -> None:
    assert portal("log", "--status", "delivered").code == 2


def test_the_log_is_followed_until_told_to_stop(house: Config) -> None:
    command = [sys.executable, "-m", "portal", "log", "--follow", "--json"]
    following = subprocess.Popen(
        command,
        env={"PORTAL_INSTANCE": str(house.instance)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    killer = threading.Timer(30, following.kill)
    killer.start()
    portal("send", "--to", "jane@example.com")
    assert following.stdout
    first = following.stdout.readline()
    portal("send", "--to", "joe@example.com")
    second = following.stdout.readline()

    following.send_signal(signal.SIGINT)
    _out, err = following.communicate()
    killer.cancel()

    assert [json.loads(line)["event"] for line in (first, second)] == ["accepted"] * 2
    assert following.returncode == 1
    assert err.strip() == "Aborted!"


def test_status_tells_of_an_account_that_sends_by_application(house: Config) -> None:
    with db.session() as session:
        given = ["noreply@contoso.example", "@fabrikam.example"]
        accounts.add(session, "bills", given, large=False, by="operator")

    out = portal("status").out
    [_, told] = json.loads(portal("status", "--json").out)["accounts"]

    assert "bills (connected)" in out
    assert "noreply@contoso.example, any address @fabrikam.example" in out
    assert "the application itself; no user signs in, not yet proven" in out
    assert (told["permission"], told["senders"]) == ("application", given)
    assert (told["state"], told["connected_as"]) == ("connected", None)


def test_the_default_account_may_stay_unused_beside_another(house: Config) -> None:
    with db.session() as session:
        accounts.add(session, "bills", ["@x.example"], large=False, by="operator")

    assert portal("status").code == 0

    portal("send", "--to", "jane@example.com")
    assert portal("status").code == 1
