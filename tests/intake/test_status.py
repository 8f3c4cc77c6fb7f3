"""The status of a key over HTTP: what it may use, and how that stands."""

import threading
from datetime import datetime, timedelta
from typing import Any

from flask.testing import FlaskClient

from portal import clock, db
from portal.config import Config
from portal.explanations import tell
from portal.explanations.own import NOT_CONNECTED
from portal.mail.outbox import State
from portal.watch.alerts import looking
from portal.workspace import accounts
from portal.workspace.people import keys
from portal.workspace.people.limits import Limits
from tests.intake.listed import bring, end
from tests.mail import backlog

STATUS = "/api/v1/status"


def test_a_status_tells_what_a_key_may_use(knock: FlaskClient) -> None:
    answer = knock.get(STATUS)

    assert answer.status_code == 200
    assert answer.get_json() == {
        "key": "Ben's app",
        "limits": {
            "accounts": None,
            "from": None,
            "per_minute": None,
            "max_size": 200_000_000,
        },
        "accounts": [default(state="not connected", reason=NOT_YET)],
        "messages": {"queued": 0, "sending": 0, "held": 0, "unconfirmed": 0},
        "expiring": [],
        "incidents": [],
        "worker_seen_at": None,
    }


NOT_YET = "The account is not connected yet."


def default(**said: Any) -> dict[str, Any]:
    known: dict[str, Any] = {
        "account": "default",
        "explanation": tell(NOT_YET, NOT_CONNECTED.name).plain,
        "from": None,
        "senders": [],
        "default": True,
        "connected_as": None,
        "verification": None,
        "since": None,
        "checked_at": None,
        "proven": False,
        "waiting": 0,
        "oldest_due_at": None,
        "through_at": None,
        "budgets": None,
        "per_minute": None,
    }
    return known | said


def test_a_status_counts_what_waits_as_it_is_shown(knock: FlaskClient) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    bring(knock, 4)
    end(State.UNCONFIRMED)
    end(State.SENT)
    backlog.put(account)

    open_ = knock.get(STATUS).get_json()["messages"]
    backlog.hold(account)
    held = knock.get(STATUS).get_json()["messages"]

    assert open_ == {"queued": 2, "sending": 0, "held": 0, "unconfirmed": 1}
    assert held == {"queued": 0, "sending": 0, "held": 2, "unconfirmed": 1}


def test_a_status_tells_the_limits_and_no_other_account(
    house: Config, knock: FlaskClient
) -> None:
    with db.session() as session:
        mine = accounts.find(session)
        limits = Limits(accounts=(mine.id,), senders=("@x.example",), per_minute=60)
        secret = keys.create(session, "limited", limits)

    told = knock.get(STATUS, headers={"Authorization": f"Bearer {secret}"}).get_json()

    assert told["limits"] == {
        "accounts": ["default"],
        "from": ["@x.example"],
        "per_minute": 60,
        "max_size": 200_000_000,
    }
    assert [each["account"] for each in told["accounts"]] == ["default"]


def test_a_status_tells_what_is_wrong_and_what_ends_of_its_accounts_only(
    knock: FlaskClient,
) -> None:
    with db.session() as session:
        other = accounts.add_delegated(session, "other", by="Ann").id
        mine = accounts.find(session)
        secret = keys.create(session, "limited", Limits(accounts=(mine.id,)))
    for each in (backlog.account(), other):
        backlog.open_lane(each, key=f"tenant/{each}")
        backlog.hold(each)
    looking.look(threading.Event())

    every = knock.get(STATUS).get_json()["incidents"]
    bearer_ = {"Authorization": f"Bearer {secret}"}
    limited = knock.get(STATUS, headers=bearer_).get_json()["incidents"]

    sends_nothing = "The account {} sends nothing."
    titles = {each["title"] for each in every}
    assert titles == {sends_nothing.format(name) for name in ("default", "other")}
    assert [each["title"] for each in limited] == [sends_nothing.format("default")]
    assert limited[0]["kind"] == "account-held"
    assert limited[0]["steps"]


def test_a_status_tells_how_old_the_queue_is(knock: FlaskClient) -> None:
    backlog.open_lane(backlog.account())
    bring(knock, 2)

    [told] = knock.get(STATUS).get_json()["accounts"]

    assert told["waiting"] == 2
    due = datetime.fromisoformat(told["oldest_due_at"])
    assert timedelta(0) <= clock.now() - due < timedelta(minutes=1)
    assert told["budgets"]["recipients"]["limit"] == 10_000
