"""How the HTTP door refuses: wrong keys, limits and addresses, in our words."""

from typing import Any

import pytest
from flask import Response
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal import db
from portal.app import create_app
from portal.config import Config
from portal.errors import InvalidMessage, PortalError, Problem
from portal.explanations import Who
from portal.explanations.own import doors
from portal.intake.http import door
from portal.intake.http.door import STATUS
from portal.intake.knocks import FREE
from portal.workspace.people import keys
from portal.workspace.people.limits import Limits
from tests import stored
from tests.intake.forms import FORM, form, part
from tests.intake.posted import MAIL, MESSAGES, NOBODYS, refused


def wrong(door: FlaskClient, key: str = "mp_x", **headers: str) -> TestResponse:
    return door.get(NOBODYS, headers={"Authorization": f"Bearer {key}", **headers})


def explained(answer: TestResponse | Response) -> dict[str, Any]:
    told: dict[str, Any] = answer.get_json()["explanation"]
    return told


def limited(house: Config, **limits: object) -> FlaskClient:
    """Stand at the door with a key that may do so much."""
    client = create_app(house).test_client()
    with db.session() as session:
        secret = keys.create(session, "Ben's app", Limits(**limits))  # type: ignore[arg-type]
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return client


def test_whoever_tries_many_keys_has_to_wait(knock: FlaskClient) -> None:
    first = [refused(wrong(knock)) for _ in range(FREE)]

    answer = wrong(knock)

    assert first == [401] * FREE
    assert refused(answer) == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 6


def test_a_right_key_is_let_in_from_wherever_wrong_ones_come(
    knock: FlaskClient,
) -> None:
    for _ in range(3 * FREE):
        wrong(knock)

    assert knock.post(MESSAGES, json=MAIL).status_code == 202


def test_no_header_says_from_where_a_wrong_key_comes(knock: FlaskClient) -> None:
    answers = [
        wrong(knock, **{"X-Forwarded-For": f"203.0.113.{number}"})
        for number in range(FREE + 1)
    ]

    assert answers[-1].status_code == 429


def test_a_missing_key_is_no_wrong_one(knock: FlaskClient) -> None:
    for _ in range(2 * FREE):
        answer = knock.get(NOBODYS, headers={"Authorization": ""})

    assert refused(answer) == 401


def test_no_key_stands_in_the_log(
    knock: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    wrong(knock, "mp_nearly")

    assert "127.0.0.1" in caplog.text
    assert "nearly" not in caplog.text


def test_too_many_messages_are_told_when_to_come_again(house: Config) -> None:
    door = limited(house, per_minute=2)
    taken = [door.post(MESSAGES, json=MAIL).status_code for _ in range(2)]

    answer = door.post(MESSAGES, json=MAIL)

    assert taken == [202, 202]
    assert refused(answer) == 429
    assert answer.headers["Retry-After"] in ("29", "30")
    assert "portal keys set" in answer.get_json()["detail"]


@pytest.mark.parametrize(
    ("kind", "allowance"), [("message/rfc822", 0), (FORM, 6_000_000)]
)
def test_a_key_is_told_at_once_of_what_is_said_to_be_too_large(
    house: Config, kind: str, allowance: int
) -> None:
    door = limited(house, max_size=1000)

    answer = door.post(
        MESSAGES,
        data=b"x",
        content_type=kind,
        environ_overrides={"CONTENT_LENGTH": str(1001 + allowance)},
    )

    assert refused(answer) == 413
    assert "1,000 bytes" in answer.get_json()["detail"]


def test_json_that_holds_more_than_a_key_may_bring_is_too_large(house: Config) -> None:
    door = limited(house, max_size=1000)

    assert refused(door.post(MESSAGES, json={**MAIL, "text": "x" * 2000})) == 413
    assert door.post(MESSAGES, json=MAIL).status_code == 202


@pytest.mark.parametrize("path", [f"{MESSAGES}/7", f"{MESSAGES}/not-an-id/retry"])
def test_an_id_that_is_none_is_refused_in_our_words(
    knock: FlaskClient, path: str
) -> None:
    answer = knock.get(path)

    assert refused(answer) == 404
    assert "The id of a message looks like" in answer.get_json()["detail"]


def test_json_in_a_form_is_named_by_its_part(knock: FlaskClient) -> None:
    body = form(part(b'{"to": '))

    answer = knock.post(MESSAGES, data=body, content_type=FORM)

    assert refused(answer) == 400
    assert answer.get_json()["detail"].startswith("The part message must be JSON")
    assert stored.rows() == 0


@pytest.mark.parametrize("kind", STATUS, ids=lambda kind: kind.__name__)
def test_every_refusal_says_what_to_do_and_who_does_it(
    kind: type[PortalError],
) -> None:
    wrong_field = [Problem(field="to", reason="is missing")]
    error = InvalidMessage(wrong_field) if kind is InvalidMessage else kind()

    told = explained(door.refuse(error))

    assert told["why"] == str(error)
    assert told["steps"]
    assert told["who"] != Who.NOBODY
    assert not told["retried"]


def test_whoever_has_no_key_is_told_how_to_get_one(knock: FlaskClient) -> None:
    told = explained(wrong(knock))

    assert (told["name"], told["who"]) == ("no-valid-key", Who.SENDER)
    assert told["steps"] == [*doors.NO_KEY.steps]
