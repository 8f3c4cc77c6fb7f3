"""One request to Graph, and what its answer means."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator  # type: ignore[import-untyped]

from portal import net
from portal.errors import (
    WORDS_LIMIT,
    Answer,
    Deferred,
    DeliveryError,
    Rejected,
    Scope,
    Unsure,
    Withheld,
)
from portal.microsoft import graph
from tests.microsoft.scripted import Server, Step, reply, reset, say, serve

MIME = b"From: a@contoso.example\r\nTo: b@example.com\r\n\r\nHello\r\n"
PAYLOAD = {
    "message": {
        "subject": "Grüße",
        "body": {"contentType": "text", "content": "Hello"},
        "toRecipients": [{"emailAddress": {"address": "b@example.com"}}],
        "from": {"emailAddress": {"address": "team@contoso.example"}},
    }
}
TOKEN = "the-secret-token"
OPENAPI = Path(__file__).parents[1] / "sandbox" / "graph-mail-openapi.json"


def send(server: Server, step: Step) -> Answer:
    return graph.send_mime(graph.mailbox(server.will(step).url), TOKEN, MIME)


def said(status: int, code: str, message: str = "Sorry.", **more: Any) -> Step:
    error = {"code": code, "message": message, **more}
    return reply(status, json.dumps({"error": error}).encode())


def test_a_mime_message_leaves_as_base64(server: Server) -> None:
    graph.send_mime(graph.mailbox(server.url), TOKEN, MIME)

    request = server.requests[0]
    assert request.line == "POST /v1.0/me/sendMail HTTP/1.1"
    assert base64.b64decode(request.body, validate=True) == MIME
    assert request.headers["content-type"] == "text/plain"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert UUID(request.headers["client-request-id"])


@pytest.mark.parametrize(
    ("user", "path"),
    [
        ("noreply@contoso.example", "noreply%40contoso.example"),
        ("a/b#c?d%e+f@contoso.example", "a%2Fb%23c%3Fd%25e%2Bf%40contoso.example"),
    ],
)
def test_a_mailbox_may_be_named(server: Server, user: str, path: str) -> None:
    graph.send_mime(graph.mailbox(f"{server.url}/", user), TOKEN, MIME)

    assert server.requests[0].line == f"POST /v1.0/users/{path}/sendMail HTTP/1.1"


def test_a_json_message_leaves_as_graph_describes_it(server: Server) -> None:
    graph.send_json(graph.mailbox(server.url), TOKEN, PAYLOAD)

    request = server.requests[0]
    document = json.loads(OPENAPI.read_text())
    schema = {**document, "$ref": "#/components/schemas/sendMailRequest"}
    assert json.loads(request.body) == PAYLOAD
    assert request.headers["content-type"] == "application/json"
    Draft4Validator(schema).validate(json.loads(request.body))


def test_202_is_acceptance(server: Server) -> None:
    answer = send(server, reply(202, request_id="r-1"))

    assert answer == Answer(status=202, request_id="r-1")


@pytest.mark.parametrize("status", [200, 201, 204])
def test_another_success_is_no_success(server: Server, status: int) -> None:
    with pytest.raises(Unsure):
        send(server, reply(status))


def test_a_wait_is_kept_as_told(server: Server) -> None:
    with pytest.raises(Deferred) as error:
        send(server, reply(429, retry_after="2.128"))

    assert error.value.after == timedelta(seconds=2.128)
    assert error.value.scope == Scope.MAILBOX


def test_without_a_wait_there_is_none(server: Server) -> None:
    with pytest.raises(Deferred) as error:
        send(server, reply(503, b"<html>Busy</html>"))

    assert error.value.after is None


def test_a_refused_token_is_for_the_caller_to_renew(server: Server) -> None:
    with pytest.raises(graph.TokenRefused) as error:
        send(server, said(401, "InvalidAuthenticationToken"))

    assert error.value.answer.code == "InvalidAuthenticationToken"
    assert not isinstance(error.value, DeliveryError)


def test_a_refusal_says_what_to_do_and_keeps_what_was_said(server: Server) -> None:
    step = said(
        403,
        "ErrorAccessDenied",
        "Cannot\r\n\0\u202esubmit.",
        innerError={"request-id": "r-2", "code": "ErrorSendAsDenied"},
    )

    with pytest.raises(Withheld, match="Send As") as error:
        send(server, step)

    assert error.value.scope == Scope.ACCOUNT
    assert error.value.answer == Answer(
        status=403, code="ErrorSendAsDenied", text="Cannot submit.", request_id="r-2"
    )


def test_the_details_of_an_error_are_looked_at(server: Server) -> None:
    step = said(400, "", details=[{"code": "ErrorInvalidRecipients"}])

    with pytest.raises(Rejected) as error:
        send(server, step)

    assert error.value.answer.code == "ErrorInvalidRecipients"


def test_what_was_said_is_cut_and_holds_no_token(server: Server) -> None:
    with pytest.raises(Withheld) as error:
        send(server, said(403, "ErrorAccessDenied", f"{TOKEN} {'xy ' * 1000}"))

    assert len(error.value.answer.text) == WORDS_LIMIT
    assert TOKEN not in error.value.answer.text


ECHO = "Unable to read JSON near: Hello, here is the secret."


@pytest.mark.parametrize(
    "error",
    [
        {"code": "RequestBodyRead", "message": ECHO},
        {"code": "ErrorInvalidRecipients", "message": ECHO},
        {"code": "SomethingNew", "message": ECHO},
        {"code": "", "message": ECHO},
        {"message": ECHO},
        {"code": ECHO, "message": "Sorry."},
        {"code": [ECHO], "message": ECHO},
        {
            "code": "BadRequest",
            "message": ECHO,
            "innerError": {"code": "ErrorAccessDenied"},
        },
        {"code": "AccessDenied", "message": ECHO, "details": [{"code": ECHO}]},
        {"code": "AccessDenied", "request-id": ECHO},
    ],
)
@pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
def test_nothing_is_kept_that_may_be_an_echo_of_the_message(
    server: Server, status: int, error: dict[str, Any]
) -> None:
    step = reply(status, json.dumps({"error": error}).encode(), request_id="r-3")

    with pytest.raises((DeliveryError, graph.TokenRefused)) as told:
        send(server, step)

    refusal: Any = told.value
    assert "secret" not in f"{refusal} {vars(refusal)}"
    assert refusal.answer.status == status
    assert refusal.answer.request_id == "r-3"


def test_of_a_page_nothing_is_kept(server: Server) -> None:
    page = b"<html><title>Blocked: secret</title><p>secret</p></html>"

    with pytest.raises(Unsure) as error:
        send(server, reply(502, page))

    assert error.value.answer == Answer(status=502)


@pytest.mark.parametrize(
    "step",
    [reset(), say(b""), say(b"HTTP/1.1 202 Accepted\r\nContent-Length: 9\r\n\r\nx")],
)
def test_an_answer_lost_after_the_last_byte_is_unsure(
    server: Server, step: Step
) -> None:
    with pytest.raises(Unsure) as error:
        send(server, step)

    assert isinstance(error.value.__cause__, net.Lost)


def test_a_connection_lost_before_the_last_byte_is_deferred(server: Server) -> None:
    large = bytes(64 * 1024 * 1024)

    with pytest.raises(Deferred):
        graph.send_mime(graph.mailbox(server.will(reset(takes=10)).url), TOKEN, large)


def test_nobody_there_is_deferred_for_the_whole_mailbox() -> None:
    with serve() as server:
        pass

    with pytest.raises(Deferred, match="refused the connection") as error:
        graph.send_mime(graph.mailbox(server.url), TOKEN, MIME)

    assert error.value.scope == Scope.MAILBOX


@pytest.fixture(scope="module")
def any_server() -> Iterator[Server]:
    with serve() as server:
        yield server


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "code", "message", "innerError", "details", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
DEEP = st.just(b'{"error":' * 100_000)
BODIES = st.binary(max_size=200) | JSON.map(lambda v: json.dumps(v).encode()) | DEEP


@given(status=st.integers(200, 599), body=BODIES)
def test_every_answer_is_one_of_four(
    any_server: Server, status: int, body: bytes
) -> None:
    if status in (204, 304):  # these have no body
        body = b""

    try:
        answer, kind = send(any_server, reply(status, body)), None
    except (DeliveryError, graph.TokenRefused) as error:
        answer, kind = error.answer, type(error)

    four = (Deferred, Rejected, Withheld, Unsure, graph.TokenRefused)
    assert kind is None or issubclass(kind, four)
    assert (kind is None) == (status == 202)
    assert answer.status == status


def test_an_error_may_go_deep(server: Server) -> None:
    error: dict[str, Any] = {"code": "ErrorSendAsDenied"}
    for _ in range(200):
        error = {"code": "", "innererror": error}

    with pytest.raises(Withheld):
        send(server, said(403, "ErrorAccessDenied", innerError=error))
