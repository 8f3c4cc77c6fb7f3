"""The list of all messages, and what is looked for among them."""

from uuid import UUID

import pytest
from flask.testing import FlaskClient

from portal import db
from portal.mail.journal import Event
from portal.mail.outbox import State
from tests.mail import backlog
from tests.web.browsing import Browser, words
from tests.web.mails import HERE
from tests.web.posting import put, shown


@pytest.fixture
def unsettled(sender: Browser) -> dict[State, UUID]:
    """Have one message held and another unconfirmed."""
    held, unconfirmed = put(subject="One"), put(subject="Two")
    for claim in backlog.take():
        state = State.HELD if claim.message_id == held else State.UNCONFIRMED
        event = Event.HELD if state == State.HELD else Event.UNCONFIRMED
        backlog.settle(claim, state, event)
    return {State.HELD: held, State.UNCONFIRMED: unconfirmed}


def test_the_list_leads_to_what_needs_a_decision_newest_first(
    sender: Browser, unsettled: dict[State, UUID]
) -> None:
    page = sender.get("/messages?status=needs-you")

    first, second = (
        page.text.index(f'href="/messages/{unsettled[state]}"')
        for state in (State.UNCONFIRMED, State.HELD)
    )
    assert first < second
    assert '2<span class="unseen"> need you' in page.text


@pytest.mark.parametrize("state", [State.HELD, State.UNCONFIRMED])
def test_the_list_shows_one_state_alone(
    sender: Browser, unsettled: dict[State, UUID], state: State
) -> None:
    page = sender.get(f"/messages?status={state}").text

    assert [at for at, id_ in unsettled.items() if str(id_) in page] == [state]


def test_the_list_goes_on_where_it_ended(
    sender: Browser, unsettled: dict[State, UUID]
) -> None:
    newest = unsettled[State.UNCONFIRMED]

    page = sender.get(f"/messages?before={newest}").text

    assert str(newest) not in page
    assert str(unsettled[State.HELD]) in page


def test_a_long_list_is_shown_in_pages(sender: Browser) -> None:
    ids = [backlog.put(backlog.account()) for _ in range(51)]
    while claims := backlog.take():
        for claim in claims:
            backlog.settle(claim, State.HELD, Event.HELD)

    page = sender.get("/messages?status=held").text

    assert f'href="/messages?status=held&amp;before={ids[1]}"' in page
    assert str(ids[0]) not in page


@pytest.mark.parametrize("query", ["state=sent", "status=x", "before=x", "before="])
def test_a_wrong_address_shows_the_list_from_its_beginning(
    sender: Browser, unsettled: dict[State, UUID], query: str
) -> None:
    page = sender.get(f"/messages?{query}")

    assert page.status_code == 200
    assert all(str(id_) in page.text for id_ in unsettled.values())


def test_nothing_that_needs_anybody_is_said_to_be_so(
    sender: Browser, message: UUID
) -> None:
    page = words(sender.get("/messages?status=needs-you"))

    assert "Nothing here needs you." in page
    assert "Report" not in page


def test_what_needs_a_human_is_pointed_at(
    sender: Browser, unsettled: dict[State, UUID]
) -> None:
    page = sender.get("/messages")

    assert "2 messages need you." in words(page)
    assert 'href="/messages?status=needs-you"' in page.text


def test_what_was_sent_again_needs_nobody_any_more(
    sender: Browser, unsettled: dict[State, UUID]
) -> None:
    with db.session() as session:
        backlog.supersede(session, unsettled[State.UNCONFIRMED], "Ben")

    page = sender.get("/messages?status=needs-you").text

    assert str(unsettled[State.UNCONFIRMED]) not in page
    assert "It arrived" in shown(sender, unsettled[State.UNCONFIRMED])


def test_a_search_finds_what_it_names_and_keeps_its_words(
    sender: Browser, message: UUID, unsettled: dict[State, UUID]
) -> None:
    page = sender.get("/messages?q=rep&status=")

    assert f'href="/messages/{message}"' in page.text
    assert 'value="rep"' in page.text
    assert not any(str(other) in page.text for other in unsettled.values())


@pytest.mark.parametrize("address", ["/messages", "/log"])
def test_a_nul_is_not_looked_for(sender: Browser, address: str) -> None:
    page = sender.get(f"{address}?q=a%00b")

    assert 'value="ab"' in page.text


def test_a_search_for_nothing_that_is_there_says_so(
    sender: Browser, message: UUID
) -> None:
    page = words(sender.get("/messages?q=invoice&status=sent"))

    assert "No such message." in page


def test_a_look_that_stopped_leads_further_back(client: FlaskClient) -> None:
    page = client.get("/pages/messages-list-stopped-empty")

    assert "Nothing among the messages looked through." in words(page)
    assert f'href="/messages?q=plan&amp;before={HERE}"' in page.text
