"""What an application decides about many of its messages at once over HTTP."""

from uuid import UUID

import pytest
from flask.testing import FlaskClient

from portal import db
from portal.mail.journal import Event
from portal.mail.outbox import State
from portal.workspace import audit
from tests.intake.posted import MAIL, MESSAGES, refused
from tests.mail import backlog


@pytest.fixture
def failed(knock: FlaskClient) -> list[UUID]:
    """Bring three messages of Ben's app that fail."""
    backlog.open_lane(backlog.account())
    made = [UUID(knock.post(MESSAGES, json=MAIL).get_json()["id"]) for _ in range(3)]
    for claim in backlog.take():
        backlog.settle(claim, State.FAILED, Event.FAILED)
    return made


def test_all_of_a_status_go_again(knock: FlaskClient, failed: list[UUID]) -> None:
    answer = knock.post(f"{MESSAGES}/retry?status=failed")

    assert answer.status_code == 200
    assert answer.get_json() == {"done": 3, "refused": [], "links": {"next": None}}
    assert {backlog.state(each) for each in failed} == {State.QUEUED}
    with db.reading() as session:
        [noted] = audit.page(session, None, 5)[:1]
    assert (noted.actor, noted.action) == ("key Ben's app", "sent messages on")


def test_it_goes_page_by_page(knock: FlaskClient, failed: list[UUID]) -> None:
    first = knock.post(f"{MESSAGES}/resend?status=failed&limit=2").get_json()

    second = knock.post(first["links"]["next"]).get_json()

    assert (first["done"], second["done"]) == (2, 1)
    assert second["links"]["next"] is None
    assert len(backlog.taken()) == 3


def test_what_there_was_no_time_for_is_on_the_next_page(
    knock: FlaskClient, failed: list[UUID], hurried: None
) -> None:
    link, done = f"{MESSAGES}/retry?status=failed", 0
    while link:
        told = knock.post(link).get_json()
        link, done = told["links"]["next"], done + told["done"]

    assert done == 3


@pytest.mark.parametrize("act", ["arrival", "cancellation"])
def test_what_is_refused_says_why(
    knock: FlaskClient, failed: list[UUID], act: str
) -> None:
    told = knock.post(f"{MESSAGES}/{act}?status=failed").get_json()

    assert told["done"] == 0
    assert told["refused"] == [{"reason": "It has failed.", "count": 3}]


def test_a_key_decides_about_its_own_only(
    knock: FlaskClient, failed: list[UUID]
) -> None:
    other = backlog.put(backlog.account())

    knock.post(f"{MESSAGES}/cancellation?status=queued")

    assert backlog.state(other) == State.QUEUED


@pytest.mark.parametrize("query", ["", "?status=lost", "?status=failed&all=y"])
def test_it_must_be_said_which(
    knock: FlaskClient, failed: list[UUID], query: str
) -> None:
    assert refused(knock.post(f"{MESSAGES}/retry{query}")) == 422
    assert {backlog.state(each) for each in failed} == {State.FAILED}
