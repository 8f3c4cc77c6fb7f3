"""A message that comes again under its Idempotency-Key is one message."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask.testing import FlaskClient

from portal.app import create_app
from tests import stored
from tests.intake.conftest import bearer
from tests.intake.posted import MAIL, MESSAGES, refused


def test_a_repeated_key_gets_the_first_answer(knock: FlaskClient) -> None:
    once = {"Idempotency-Key": "invoice 7"}
    first = knock.post(MESSAGES, json=MAIL, headers=once)

    again = knock.post(MESSAGES, json=dict(reversed(MAIL.items())), headers=once)

    assert again.status_code == 202
    assert again.get_json()["id"] == first.get_json()["id"]
    assert again.headers["Location"] == first.headers["Location"]
    assert stored.rows("message") == 1


@pytest.mark.parametrize("place", ["house", "postgres_house"])
def test_twins_that_come_at_once_get_one_answer(
    request: pytest.FixtureRequest, place: str
) -> None:
    app = create_app(request.getfixturevalue(place))
    header = {"HTTP_AUTHORIZATION": bearer("Ben"), "HTTP_IDEMPOTENCY_KEY": "invoice 7"}
    start = threading.Barrier(8)

    def twin(_: int) -> tuple[int, str]:
        start.wait()
        client = app.test_client()
        answer = client.post(MESSAGES, json=MAIL, environ_base=header)
        return answer.status_code, answer.get_json()["id"]

    with ThreadPoolExecutor(8) as pool:
        answers = {*pool.map(twin, range(8))}

    ((status, _id),) = answers
    assert status == 202
    assert stored.rows("message", "content", "repeat") == 3


def test_a_repeated_key_with_other_content_is_a_conflict(knock: FlaskClient) -> None:
    once = {"Idempotency-Key": "invoice 7"}
    knock.post(MESSAGES, json=MAIL, headers=once)

    answer = knock.post(MESSAGES, json={**MAIL, "text": "Other."}, headers=once)

    assert refused(answer) == 409
    assert stored.rows("message") == 1


def test_the_same_key_of_another_application_is_another(knock: FlaskClient) -> None:
    once = {"Idempotency-Key": "1"}
    first = knock.post(MESSAGES, json=MAIL, headers=once)

    other = {**once, "Authorization": bearer("Cleo's app")}
    second = knock.post(MESSAGES, json={**MAIL, "text": "Other."}, headers=other)

    assert second.status_code == 202
    assert second.get_json()["id"] != first.get_json()["id"]


@pytest.mark.parametrize("key", ["", "  ", "x" * 256, "schlüssel", "a\tb"])
def test_a_key_nobody_can_repeat_is_refused(knock: FlaskClient, key: str) -> None:
    answer = knock.post(MESSAGES, json=MAIL, headers={"Idempotency-Key": key})

    assert refused(answer) == 422
    assert answer.get_json()["errors"][0]["field"] == "Idempotency-Key"
    assert stored.rows() == 0
