"""What is looked for among all messages, and what one look may cost."""

from uuid import UUID

import pytest

from portal import db
from portal.config import Config
from portal.mail import outbox
from portal.mail.journal import Event
from portal.mail.outbox import Entry, State
from portal.mail.outbox.records import search
from portal.mail.outbox.records.search import Found, Search
from portal.workspace import accounts
from tests.mail import backlog

ENDS = {
    State.SENT: Event.SENT,
    State.FAILED: Event.FAILED,
    State.CANCELLED: Event.CANCELLED,
    State.HELD: Event.HELD,
    State.UNCONFIRMED: Event.UNCONFIRMED,
}


def look(limit: int = 50, **asked: object) -> Found:
    with db.reading() as session:
        every = [each.id for each in accounts.every(session)]
        return search.find(session, Search(limit=limit, **asked), every)  # type: ignore[arg-type]


def ids(found: Found) -> list[UUID]:
    return [record.id for record in found.records]


@pytest.fixture
def every(house: Config) -> dict[State, UUID]:
    """Have one message in each state."""
    account, found = backlog.account(), {}
    backlog.open_lane(account)
    for state, event in ENDS.items():
        found[state] = backlog.put(account)
        (claim,) = backlog.take()
        backlog.settle(claim, state, event)
    found[State.SENDING] = backlog.put(account)
    backlog.take()
    found[State.QUEUED] = backlog.put(account)
    return found


def test_all_are_shown_newest_first(every: dict[State, UUID]) -> None:
    found = look()

    assert ids(found) == sorted(every.values(), reverse=True)
    assert found.older is None


@pytest.mark.parametrize("state", State)
def test_one_state_is_shown_alone(every: dict[State, UUID], state: State) -> None:
    assert ids(look(state=state)) == [every[state]]


def test_what_waits_behind_a_held_account_is_shown_as_held(
    every: dict[State, UUID],
) -> None:
    backlog.hold(backlog.account())

    assert set(ids(look(state=State.HELD))) == {every[State.HELD], every[State.QUEUED]}
    assert ids(look(state=State.QUEUED)) == []
    assert ids(look(stuck=True)) == [every[State.UNCONFIRMED], every[State.HELD]]


def test_a_page_goes_on_where_the_last_one_ended(every: dict[State, UUID]) -> None:
    first = look(limit=4)
    second = look(limit=4, before=first.older)

    assert ids(first) + ids(second) == sorted(every.values(), reverse=True)
    assert not first.stopped
    assert second.older is None


@pytest.mark.parametrize(
    "words",
    ["grÜSS", " 100%_", "CLEO@", "büro@fabrikam", "hidden@", "<2@contoso.example>"],
)
def test_a_message_is_found_by_what_it_says(house: Config, words: str) -> None:
    account = backlog.account()
    named = Entry(
        id=db.new_id(),
        account_id=account,
        key_id=None,
        sender="",
        to=("cleo@fabrikam.example", "büro@fabrikam.example"),
        cc=(),
        bcc=("hidden@fabrikam.example",),
        subject="GrÜSSe, 100%_x",
        size=1,
        internet_message_id="<2@contoso.example>",
    )
    with db.session() as session:
        outbox.put(session, named)
    other = Search(words="100%y_", limit=1)

    assert ids(look(words=words)) == [named.id]
    assert ids(look(words=str(named.id))) == [named.id]
    assert ids(look(words=other.words)) == []


def test_a_look_stops_and_the_next_goes_on(house: Config) -> None:
    account = backlog.account()
    made = [backlog.put(account) for _ in range(5)]

    first = look(words="nowhere", walk=2)
    last = look(words="nowhere", walk=2, before=made[1])

    assert first == Found(records=(), older=made[3], stopped=True)
    assert last == Found(records=(), older=None, stopped=False)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"state": State.FAILED},
        {"state": State.CANCELLED},
        {"state": State.UNCONFIRMED},
        {"stuck": True},
        {"state": State.SENT},
        {"words": "x"},
        {"words": "<1@contoso.example>"},
    ],
)
def test_a_look_reads_an_index(
    every: dict[State, UUID], asked: dict[str, object]
) -> None:
    with backlog.spoken() as said:
        look(**{"walk": 3} | asked)  # type: ignore[arg-type]

    steps = [step for step in backlog.plans(said) if " message" in step]
    assert steps
    assert not any(step == "SCAN message" for step in steps)
    assert not any("TEMP B-TREE" in step for step in steps)
