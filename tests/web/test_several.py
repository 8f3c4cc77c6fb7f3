"""Several messages at once: chosen one by one, or all that match."""

import re
from uuid import UUID

import pytest
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from portal.intake import bulk
from portal.mail.journal import Event
from portal.mail.outbox import State
from tests.mail import backlog
from tests.web.browsing import BASE, Browser, words
from tests.web.posting import put

DECISIONS = "/messages/decisions"
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@pytest.fixture
def held(sender: Browser) -> list[UUID]:
    """Have three messages held, each for itself."""
    made = [put(subject=f"Plan {number}") for number in range(3)]
    for claim in backlog.take():
        backlog.settle(claim, State.HELD, Event.HELD)
    return made


def decide(ann: Browser, act: str, **fields: object) -> TestResponse:
    said = {name: str(value) for name, value in fields.items()}
    return ann.post(DECISIONS, {"decision": act, **said}, form_at="/messages")


def choose(ann: Browser, act: str, *messages: UUID) -> TestResponse:
    """Mark messages of the list, and press a button."""
    page = ann.get("/messages").text
    token = dict(HIDDEN.findall(page))["csrf_token"]
    data = {"decision": act, "csrf_token": token, "message": [*map(str, messages)]}
    return ann.client.post(DECISIONS, base_url=BASE, data=data)


def go_on(ann: Browser, answer: TestResponse) -> TestResponse:
    """Press the button of the page that came."""
    form = answer.text[answer.text.index(f'action="{DECISIONS}"') :]
    fields = MultiDict(HIDDEN.findall(form))
    return ann.client.post(DECISIONS, base_url=BASE, data=fields)


def states(messages: list[UUID]) -> list[State]:
    return [backlog.state(each) for each in messages]


def test_those_that_are_chosen_are_decided_about_and_no_other(
    sender: Browser, held: list[UUID]
) -> None:
    answer = choose(sender, "cancellation", *held[:2])

    assert "2 messages were cancelled." in words(answer)
    assert "That was all." in words(answer)
    assert states(held) == [State.CANCELLED, State.CANCELLED, State.HELD]


def test_for_all_that_match_it_asks_first(sender: Browser, held: list[UUID]) -> None:
    asked = decide(sender, "cancellation", all="y", q="Plan 1")

    assert "Nothing was done yet." in words(asked)
    assert states(held) == [State.HELD] * 3

    answer = go_on(sender, asked)
    assert "1 message was cancelled." in words(answer)
    assert states(held) == [State.HELD, State.CANCELLED, State.HELD]


def test_all_that_match_are_decided_about_step_by_step(
    sender: Browser, held: list[UUID], hurried: None
) -> None:
    asked = decide(sender, "retry", all="y", status="held")

    first = go_on(sender, asked)
    second = go_on(sender, first)
    third = go_on(sender, second)

    assert "1 message was sent on" in words(first)
    assert "Nothing happens to them until you go on." in words(first)
    assert "2 messages were sent on" in words(second)
    assert "3 messages were sent on" in words(third)
    assert "That was all." in words(third)
    assert states(held) == [State.QUEUED] * 3


def test_what_there_was_no_time_for_is_left_to_the_next_step(
    sender: Browser, held: list[UUID], hurried: None
) -> None:
    first = choose(sender, "cancellation", *held)
    second = go_on(sender, first)

    assert "2 that were chosen are left." in words(first)
    assert "1 that was chosen is left." in words(second)
    assert states(held) == [State.CANCELLED] * 2 + [State.HELD]


def test_more_than_a_step_takes_are_left_to_the_next_one(
    sender: Browser, held: list[UUID], unhurried: None
) -> None:
    unknown = [UUID(int=each) for each in range(bulk.STEP)]

    first = choose(sender, "cancellation", *unknown, *held)
    second = go_on(sender, first)

    assert "3 that were chosen are left." in words(first)
    assert "3 messages were cancelled." in words(second)


def test_what_came_after_the_list_was_shown_is_not_meant(
    sender: Browser, held: list[UUID]
) -> None:
    fields = dict(HIDDEN.findall(sender.get("/messages").text))
    later = put(subject="Later")

    asked = decide(sender, "cancellation", all="y", before=fields["before"])
    go_on(sender, asked)

    assert states([*held, later]) == [State.CANCELLED] * 3 + [State.QUEUED]


def test_what_is_refused_says_why(sender: Browser, held: list[UUID]) -> None:
    page = words(choose(sender, "arrival", held[0]))

    assert "0 messages are settled as sent." in page
    assert "1 × It is held." in page


def test_taking_a_step_again_does_nothing_twice(
    sender: Browser, held: list[UUID]
) -> None:
    choose(sender, "cancellation", *held)

    answer = choose(sender, "cancellation", *held)

    assert "3 × It was cancelled." in words(answer)


def test_nothing_chosen_says_so_on_the_same_list(
    sender: Browser, held: list[UUID]
) -> None:
    answer = decide(sender, "retry", status="held")

    assert answer.headers["Location"] == "/messages?status=held"
    assert "Please choose at least one message." in words(sender.follow(answer))


def test_an_unknown_decision_is_refused(sender: Browser, held: list[UUID]) -> None:
    assert decide(sender, "deletion", message=held[0]).status_code == 400


def test_a_count_that_nobody_wrote_counts_as_none(
    sender: Browser, held: list[UUID]
) -> None:
    forged = {"all": "y", "status": "held", "begun": "y", "so_far": "9" * 5000}

    answer = decide(sender, "cancellation", **forged)

    assert "3 messages were cancelled." in words(answer)


def test_a_sent_mail_says_where_a_wrong_address_is_told(sender: Browser) -> None:
    message = put()
    [claim] = backlog.take()
    backlog.settle(claim, State.SENT, Event.SENT)

    page = words(sender.get(f"/messages/{message}"))

    assert "a mail comes back to admin@contoso.example." in page


def test_all_its_steps_have_one_entry_in_the_audit(
    sender: Browser, held: list[UUID], hurried: None
) -> None:
    answer = decide(sender, "cancellation", all="y", status="held")
    while 'name="decided"' in answer.text:
        answer = go_on(sender, answer)

    shown = words(sender.get("/audit"))
    assert shown.count("cancelled messages") == 1
    assert "3: status held" in shown
