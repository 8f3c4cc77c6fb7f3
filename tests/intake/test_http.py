"""The HTTP door: what it answers, to whom, and when the vault is locked."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from jsonschema import validate  # type: ignore[import-untyped]
from werkzeug.test import TestResponse

from portal import clock, db, vault
from portal.app import create_app
from portal.config import Config
from portal.explanations.own import NOT_CONNECTED
from portal.intake.http import bodies
from portal.intake.http.description.answers import SCHEMAS
from portal.mail import transfers
from portal.mail.message import Message
from portal.workspace.people import keys
from tests import stored
from tests.intake.conftest import bearer

MESSAGES = "/api/v1/messages"
NOBODYS = f"{MESSAGES}/01939d2a-7f5e-7c11-8a62-9c1f2f1d0a77"
MAIL = {"to": "jane@example.com", "subject": "Hello", "text": "It works."}
SHOWN = {
    *(
        "id",
        "status",
        "reason",
        "explanation",
        "from",
        "account",
        "subject",
        "message_id",
        "size",
        "attempts",
    ),
    *("accepted_at", "next_attempt_at", "expires_at", "finished_at", "tags", "links"),
    *("history", "progress"),
}


def post(door: FlaskClient, body: bytes, **headers: str) -> TestResponse:
    """Post bytes as JSON, whatever they are."""
    headers = {"Content-Type": "application/json", **headers}
    return door.post(MESSAGES, data=body, headers=headers)


def refused(answer: TestResponse) -> int:
    """Return the status of a refusal, once it has the shape of RFC 9457."""
    told = answer.get_json()
    assert answer.content_type == "application/problem+json"
    validate(told, SCHEMAS["Problem"])
    assert told["status"] == answer.status_code
    assert told["detail"]
    return answer.status_code


def test_a_message_is_stored_before_the_answer(knock: FlaskClient) -> None:
    answer = knock.post(MESSAGES, json=MAIL)

    told = answer.get_json()
    link = f"http://localhost:5000{MESSAGES}/{told['id']}"
    assert answer.status_code == 202
    assert told == {"id": told["id"], "status": "queued", "links": {"self": link}}
    assert answer.headers["Location"] == link
    assert stored.rows("message") == 1


def test_every_field_is_taken_by_its_name_in_json(knock: FlaskClient) -> None:
    whole = {
        "from": "Reports <reports@contoso.example>",
        "to": ["jane@example.com"],
        "cc": ["joe@example.com"],
        "bcc": ["jim@example.com"],
        "reply_to": "help@example.com",
        "subject": "Grüße",
        "text": "Hello",
        "html": "<p>Hello",
        "headers": {"X-Report": "7"},
        "attachments": [
            {
                "name": "a.txt",
                "content_type": "text/plain",
                "content": "aGVsbG8=",
                "content_id": "a",
            }
        ],
        "account": "default",
        "priority": "high",
        "expires_at": "2999-01-01T00:00:00+01:00",
        "tags": ["weekly"],
    }
    fields = {"from" if it == "sender" else it for it in Message.model_fields}

    assert knock.post(MESSAGES, json=whole).status_code == 202
    assert whole.keys() == fields


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer nö"])
def test_nobody_comes_in_without_a_key(knock: FlaskClient, shown: str) -> None:
    answer = knock.post(MESSAGES, json=MAIL, headers={"Authorization": shown})

    assert refused(answer) == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert stored.rows() == 0


def test_a_revoked_key_opens_nothing(knock: FlaskClient) -> None:
    with db.session() as session:
        keys.revoke(session, "Ben's app")

    answer = knock.post(MESSAGES, json=MAIL)

    assert refused(answer) == 401
    assert "WWW-Authenticate" in answer.headers


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"],
)
def test_what_is_not_called_json_is_not_read(knock: FlaskClient, kind: str) -> None:
    body = json.dumps(MAIL).encode()

    assert refused(knock.post(MESSAGES, data=body, content_type=kind)) == 415
    assert refused(knock.post(MESSAGES, data=body)) == 415
    assert stored.rows() == 0


def test_a_charset_beside_the_type_does_not_matter(knock: FlaskClient) -> None:
    body = json.dumps(MAIL).encode("utf-8-sig")

    assert (
        post(
            knock, body, **{"Content-Type": "application/json; charset=utf-8"}
        ).status_code
        == 202
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"to=jane@example.com",
        b'{"to": "jane@example.com", "subject": NaN}',
        b'{"to": "jane@example.com", "tags": [-Infinity]}',
        b'{"to": "jane@example.com", "to": "eve@example.com"}',
        b'{"to": "j@example.com", "headers": {"X-A": "1", "X-A": "2"}}',
        b'{"to": "jane@example.com", "subject": "\xff"}',
        b'{"to": "jane@example.com", "subject": "\xed\xa0\x80"}',
        json.dumps(MAIL).encode("utf-16"),
        b'{"to": "jane@example.com"} {}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"subject": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda body: repr(body[:44]),
)
def test_what_is_no_json_is_malformed(knock: FlaskClient, body: bytes) -> None:
    assert refused(post(knock, body)) == 400
    assert stored.rows() == 0


@pytest.mark.parametrize("depth", [2, 50, 400])
@pytest.mark.parametrize("field", ["to", "subject", "headers", "attachments", "x"])
def test_nesting_is_refused_at_any_depth(
    knock: FlaskClient, field: str, depth: int
) -> None:
    nested = b"[" * depth + b"]" * depth
    body = b'{"cc": "jane@example.com", "%s": %s}' % (field.encode(), nested)

    assert refused(post(knock, body)) == 422
    assert stored.rows() == 0


@pytest.mark.parametrize("body", [b"[]", b'"to"', b"7", b"null", b"true"])
def test_a_message_is_an_object(knock: FlaskClient, body: bytes) -> None:
    answer = post(knock, body)

    assert refused(answer) == 422
    assert answer.get_json()["errors"][0]["field"] == "message"


def test_five_megabytes_are_taken_and_one_byte_more_is_not(knock: FlaskClient) -> None:
    body = json.dumps(MAIL).encode()

    most = post(knock, body.ljust(bodies.JSON_LIMIT))
    more = post(knock, body.ljust(bodies.JSON_LIMIT + 1))

    assert most.status_code == 202
    assert refused(more) == 413
    assert stored.rows("message") == 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nowhere", 404),
        ("GET", "/api/v2/messages", 404),
        ("GET", "/api/", 404),
        ("GET", f"{MESSAGES}/not-an-id", 404),
        ("GET", NOBODYS, 404),
        ("DELETE", MESSAGES, 405),
        ("POST", NOBODYS, 405),
    ],
)
def test_the_api_refuses_in_its_own_shape(
    knock: FlaskClient, method: str, path: str, status: int
) -> None:
    assert refused(knock.open(path, method=method)) == status


def test_what_is_allowed_is_said(knock: FlaskClient) -> None:
    answer = knock.put(NOBODYS)

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_head_and_options_answer_without_a_body(knock: FlaskClient) -> None:
    link = knock.post(MESSAGES, json=MAIL).headers["Location"]

    head, options = knock.head(link), knock.options(MESSAGES)

    assert (head.status_code, head.data) == (200, b"")
    assert (options.status_code, options.data) == (200, b"")
    assert "POST" in options.headers["Allow"]


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


def test_a_message_is_shown_in_a_shape_that_stays(knock: FlaskClient) -> None:
    mail = {**MAIL, "tags": ["weekly"], "expires_at": "2999-01-01T00:00:00Z"}
    told = knock.post(MESSAGES, json=mail).get_json()

    shown = knock.get(told["links"]["self"]).get_json()

    assert shown.keys() == SHOWN
    assert UUID(shown["id"]) == UUID(told["id"])
    assert shown["status"] == "held"
    assert shown["reason"] == "The account is not connected yet."
    assert shown["explanation"]["title"] == NOT_CONNECTED.title
    assert shown["explanation"]["steps"] == [*NOT_CONNECTED.steps]
    assert shown["subject"] == "Hello"
    assert shown["tags"] == ["weekly"]
    assert shown["expires_at"] == "2999-01-01T00:00:00+00:00"
    assert [line["event"] for line in shown["history"]] == ["accepted"]


def test_a_key_sees_its_own_messages_only(knock: FlaskClient) -> None:
    link = knock.post(MESSAGES, json=MAIL).headers["Location"]

    answer = knock.get(link, headers={"Authorization": bearer("Cleo's app")})

    nothing = knock.get(NOBODYS)
    assert refused(answer) == 404
    assert answer.get_json() == nothing.get_json()


def test_a_connected_account_sends_as_itself_only(
    contoso: Config, knock: FlaskClient
) -> None:
    other = knock.post(MESSAGES, json={**MAIL, "from": "alex@contoso.example"})
    own = knock.post(MESSAGES, json={**MAIL, "from": "Admin@Contoso.Example"})

    shown = knock.get(own.headers["Location"]).get_json()
    assert refused(other) == 403
    assert other.get_json()["detail"].startswith("from: ")
    assert (shown["status"], shown["from"]) == ("queued", "Admin@contoso.example")


def test_a_locked_vault_takes_nothing_and_says_why(knock: FlaskClient) -> None:
    link = knock.post(MESSAGES, json=MAIL).headers["Location"]
    vault.lock()

    answers = [knock.post(MESSAGES, json=MAIL), knock.get(link)]

    assert [refused(answer) for answer in answers] == [503, 503]
    assert all("Can't decrypt" in answer.get_json()["detail"] for answer in answers)
    assert stored.rows("message") == 1


def test_a_database_that_is_away_may_be_asked_again(knock: FlaskClient) -> None:
    db.connect("postgresql+psycopg://ben:secret@127.0.0.1:1/mail")

    answer = knock.post(MESSAGES, json=MAIL)

    assert refused(answer) == 503
    assert "try again" in answer.get_json()["detail"]
    assert "secret" not in answer.text


def test_a_fault_of_ours_is_told_without_its_story(
    knock: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Any:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(clock, "now", broken)

    answer = knock.post(MESSAGES, json=MAIL)

    assert refused(answer) == 500
    assert "Traceback" not in answer.text
    assert "secret" not in answer.text


def test_no_form_token_is_asked_for_and_no_cookie_set(knock: FlaskClient) -> None:
    answer = knock.post(MESSAGES, json=MAIL)

    assert answer.status_code == 202
    assert "Set-Cookie" not in answer.headers


def test_any_name_of_this_machine_reaches_the_api(knock: FlaskClient) -> None:
    answer = knock.post(MESSAGES, json=MAIL, base_url="http://mail.internal")

    assert answer.status_code == 202


def test_it_is_told_how_far_the_files_of_a_message_are(knock: FlaskClient) -> None:
    link = knock.post(MESSAGES, json=MAIL).headers["Location"]
    message = UUID(link.rpartition("/")[2])
    assert knock.get(link).get_json()["progress"] is None

    with db.session() as session:
        transfers.plan(session, message, {1: 300, 2: 100})
        transfers.advance(session, message, 1, 100)

    assert knock.get(link).get_json()["progress"] == {
        "bytes": 100,
        "total": 400,
        "percent": 25.0,
        "bytes_per_second": None,
        "seconds_left": None,
    }


@pytest.mark.parametrize("query", ["account=default", "acount=default", "x"])
def test_what_would_not_be_obeyed_is_refused(knock: FlaskClient, query: str) -> None:
    answer = knock.post(f"{MESSAGES}?{query}", json=MAIL)

    assert answer.status_code == 422
    [error] = answer.get_json()["errors"]
    assert error == {"field": query.partition("=")[0], "reason": "unknown parameter"}
    assert stored.rows("message") == 0
