"""The HTTP door: what it answers, to whom, and when the vault is locked."""

from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from portal import clock, db, vault
from portal.config import Config
from portal.explanations.own import NOT_CONNECTED
from portal.mail import transfers
from portal.mail.message import Message
from portal.workspace.people import keys
from tests import stored
from tests.intake.conftest import bearer
from tests.intake.posted import MAIL, MESSAGES, NOBODYS, SHOWN, WHOLE, refused


def test_a_message_is_stored_before_the_answer(knock: FlaskClient) -> None:
    answer = knock.post(MESSAGES, json=MAIL)

    told = answer.get_json()
    link = f"http://localhost:5000{MESSAGES}/{told['id']}"
    assert answer.status_code == 202
    assert told == {"id": told["id"], "status": "queued", "links": {"self": link}}
    assert answer.headers["Location"] == link
    assert stored.rows("message") == 1


def test_every_field_is_taken_by_its_name_in_json(knock: FlaskClient) -> None:
    fields = {"from" if it == "sender" else it for it in Message.model_fields}

    assert knock.post(MESSAGES, json=WHOLE).status_code == 202
    assert WHOLE.keys() == fields


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
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nowhere", 404),
        ("POST", f"{MESSAGES}//cancellation", 404),
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
