"""The list of messages over HTTP, page by page, and the status of a key."""

import threading
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from portal import clock, db
from portal.accept import Caller
from portal.config import Config
from portal.explanations import tell
from portal.explanations.own import NOT_CONNECTED
from portal.intake import desk
from portal.mail.journal import Event
from portal.mail.message import Fields, Message
from portal.mail.outbox import State, records
from portal.mail.outbox.records import Page
from portal.watch.alerts import looking
from portal.workspace import accounts
from portal.workspace.accounts import AccountRow
from portal.workspace.people import keys
from portal.workspace.people.limits import Limits
from tests import keyring
from tests.intake.conftest import bearer
from tests.intake.test_http import MAIL, MESSAGES, SHOWN, refused
from tests.mail import backlog

STATUS = "/api/v1/status"
BRIEF: Fields = {"to": "jane@example.com", "text": "Hello"}
# How a page is found: each row by itself, at the end of an index that holds no other.
ENDS = (
    "SEARCH message USING COVERING INDEX ix_message_brought (key_id=? AND state=? AND",
    "SEARCH message USING COVERING INDEX ix_message_lined_up (key_id=? AND account",
    "SEARCH message USING INDEX ix_message_brought (key_id=? AND state=?)",
    "SEARCH message USING INDEX ix_message_lined_up (key_id=? AND account",
    "SEARCH message USING INDEX sqlite_autoindex_message_1 (id=?)",
)


def bring(door: FlaskClient, count: int = 1) -> list[str]:
    """Bring messages; return their ids, the newest first."""
    made = [door.post(MESSAGES, json=MAIL).get_json()["id"] for _ in range(count)]
    return made[::-1]


def listed(door: FlaskClient, query: str = "") -> list[str]:
    answer = door.get(f"{MESSAGES}{query}")
    assert answer.status_code == 200
    return [each["id"] for each in answer.get_json()["messages"]]


def pages(door: FlaskClient, query: str) -> list[list[str]]:
    """Follow the links from page to page."""
    found, link = [], f"{MESSAGES}{query}"
    while link:
        page = door.get(link).get_json()
        found.append([each["id"] for each in page["messages"]])
        link = page["links"]["next"]
    return found


def end(state: State) -> None:
    """Let the oldest message that waits end in a state."""
    [claim] = backlog.take(1)
    backlog.settle(claim, state, Event(state.value))


def test_a_list_shows_the_newest_first(knock: FlaskClient) -> None:
    made = bring(knock, 3)

    answer = knock.get(MESSAGES).get_json()

    assert [each["id"] for each in answer["messages"]] == made
    assert answer["links"] == {"next": None}
    assert answer["messages"][0].keys() == SHOWN - {"history", "progress"}


def test_pages_follow_each_other_without_a_gap(knock: FlaskClient) -> None:
    made = bring(knock, 5)

    assert pages(knock, "?limit=2") == [made[:2], made[2:4], made[4:]]
    assert pages(knock, "?limit=5") == [made]


def test_what_comes_meanwhile_moves_no_page(knock: FlaskClient) -> None:
    made = bring(knock, 4)
    link = knock.get(f"{MESSAGES}?limit=2").get_json()["links"]["next"]

    bring(knock, 3)

    found = knock.get(link).get_json()["messages"]
    assert [each["id"] for each in found] == made[2:]


def test_a_status_is_asked_for_as_it_is_shown(knock: FlaskClient) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    waits, fails, sent = bring(knock, 3)
    end(State.SENT)
    end(State.FAILED)

    assert listed(knock, "?status=queued") == [waits]
    assert listed(knock, "?status=failed") == [fails]
    assert listed(knock, "?status=sent") == [sent]
    backlog.hold(account)
    assert listed(knock, "?status=held") == [waits]
    assert listed(knock, "?status=queued") == []


def test_pages_of_what_is_held_mix_both_kinds(knock: FlaskClient) -> None:
    account = backlog.account()
    backlog.open_lane(account)
    made = bring(knock, 4)
    end(State.HELD)
    end(State.HELD)
    backlog.hold(account)

    assert pages(knock, "?status=held&limit=3") == [made[:3], made[3:]]


def test_a_key_lists_its_own_messages_only(knock: FlaskClient) -> None:
    bring(knock, 2)
    backlog.put(backlog.account())
    cleo = {"Authorization": bearer("Cleo's app")}

    assert knock.get(MESSAGES, headers=cleo).get_json()["messages"] == []


def test_what_left_by_an_account_that_is_gone_is_still_listed(
    knock: FlaskClient,
) -> None:
    made = bring(knock)
    with db.session() as session:
        row = session.query(AccountRow).one()
        row.removed_at = clock.now()

    assert listed(knock) == made


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=delivered", "status"),
        ("status=", "status"),
        ("after=7", "after"),
        ("after=%7B01939d2a-7f5e-7c11-8a62-9c1f2f1d0a77%7D", "after"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=1e1", "limit"),
        ("limit=²", "limit"),
        ("before=7", "before"),
    ],
)
def test_what_cannot_be_asked_for_is_named(
    knock: FlaskClient, query: str, field: str
) -> None:
    answer = knock.get(f"{MESSAGES}?{query}")

    assert refused(answer) == 422
    assert [each["field"] for each in answer.get_json()["errors"]] == [field]


def test_states_are_told_apart_on_either_database(either_house: Config) -> None:
    account, ben = backlog.account(), keyring.made()
    backlog.open_lane(account)
    held, waits = (UUID(desk.take(Message(**BRIEF), ben).id) for _ in range(2))
    end(State.HELD)

    with db.reading() as session:
        asked = [
            [each.id for each in records.brought(session, page, [account])]
            for page in (page_of(ben, State.HELD), page_of(ben, State.QUEUED))
        ]
        whole = records.brought(session, page_of(ben, None), [account])
        depth = records.depth(session, page_of(ben, None).key_id, [account])

    assert asked == [[held], [waits]]
    assert [each.id for each in whole] == [waits, held]
    assert (depth[State.HELD], depth[State.QUEUED]) == (1, 1)


def page_of(caller: Caller, state: State | None) -> Page:
    assert caller.key_id
    return Page(key_id=caller.key_id, state=state, limit=5)


@pytest.mark.parametrize("state", [None, *State])
def test_a_page_costs_the_same_however_much_there_is(
    house: Config, state: State | None
) -> None:
    page = Page(key_id=UUID(int=7), state=state, before=UUID(int=9), limit=50)
    account = backlog.account()
    backlog.open_lane(account)

    with backlog.spoken() as said, db.reading() as session:
        records.brought(session, page, [account])
        records.depth(session, page.key_id, [account])

    steps = {step for step in backlog.plans(said) if " message " in step}
    assert {step for step in steps if not step.startswith(ENDS)} == set()
    assert len(steps) > 2


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
