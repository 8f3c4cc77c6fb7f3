"""The list of messages over HTTP, page by page."""

from uuid import UUID

import pytest
from flask.testing import FlaskClient

from portal import clock, db
from portal.accept import Caller
from portal.config import Config
from portal.intake import desk
from portal.mail.message import Fields, Message
from portal.mail.outbox import State, records
from portal.mail.outbox.records import Page
from portal.workspace.accounts import AccountRow
from tests import keyring
from tests.intake.conftest import bearer
from tests.intake.listed import bring, end
from tests.intake.posted import MESSAGES, SHOWN, refused
from tests.mail import backlog

BRIEF: Fields = {"to": "jane@example.com", "text": "Hello"}
# How a page is found: each row by itself, at the end of an index that holds no other.
ENDS = (
    "SEARCH message USING COVERING INDEX ix_message_brought (key_id=? AND state=? AND",
    "SEARCH message USING COVERING INDEX ix_message_lined_up (key_id=? AND account",
    "SEARCH message USING INDEX ix_message_brought (key_id=? AND state=?)",
    "SEARCH message USING INDEX ix_message_lined_up (key_id=? AND account",
    "SEARCH message USING INDEX sqlite_autoindex_message_1 (id=?)",
)


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
