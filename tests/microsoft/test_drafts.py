"""Each call about a draft as it leaves, and what its failure means."""

import base64
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from portal import net
from portal.errors import Answer, Deferred, Rejected, Scope, Unsure, Withheld
from portal.microsoft import drafts, graph
from portal.microsoft.drafts import Found
from tests.microsoft.calls import (
    FOUND,
    ID,
    MIME,
    PATH,
    SHOWN,
    SUCCESS,
    TOKEN,
    Call,
    create,
    discard,
    find,
    readdress,
    refused,
    search,
    send,
    shown,
)
from tests.microsoft.scripted import Server, Step, reply, reset, say, serve

preparing = pytest.mark.parametrize("call", SUCCESS)


def test_a_draft_is_made_of_a_whole_message(server: Server) -> None:
    found = create(server.will(shown(201, SHOWN)))

    request = server.requests[0]
    assert found == FOUND
    assert request.line == "POST /v1.0/me/messages HTTP/1.1"
    assert request.headers["content-type"] == "text/plain"
    assert base64.b64decode(request.body, validate=True) == MIME


def test_a_draft_gets_another_sender(server: Server) -> None:
    found = readdress(server.will(shown(200, SHOWN)))

    request = server.requests[0]
    sender = {"address": "team@contoso.example", "name": "Team"}
    assert found == FOUND
    assert request.line == f"PATCH {PATH} HTTP/1.1"
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == {"from": {"emailAddress": sender}}


def test_a_sender_without_a_name_is_given_none(server: Server) -> None:
    drafts.readdress(
        graph.mailbox(server.will(shown(200, SHOWN)).url), TOKEN, ID, "b@x.example"
    )

    body = json.loads(server.requests[0].body)
    assert body == {"from": {"emailAddress": {"address": "b@x.example"}}}


def test_a_draft_is_sent_by_a_request_that_says_its_length_is_0(server: Server) -> None:
    answer = send(server.will(reply(202, request_id="r-1")))

    request = server.requests[0]
    assert answer == Answer(status=202, request_id="r-1")
    assert request.line == f"POST {PATH}/send HTTP/1.1"
    assert request.headers["content-length"] == "0"
    assert "transfer-encoding" not in request.headers
    assert "content-type" not in request.headers


def test_a_message_is_found_by_its_id(server: Server) -> None:
    found = find(server.will(shown(200, SHOWN | {"isDraft": False})))

    assert found == Found(id=ID, draft=False, sender="a@contoso.example")
    assert server.requests[0].line == (
        f"GET {PATH}?$select=id%2CisDraft%2Cfrom%2CinternetMessageId"
        "%2CcreatedDateTime HTTP/1.1"
    )


def test_messages_are_found_by_their_message_id(server: Server) -> None:
    found = search(server.will(shown(200, {"value": [SHOWN, SHOWN]})))

    assert found == [FOUND, FOUND]
    assert server.requests[0].line == (
        "GET /v1.0/me/messages"
        "?$filter=internetMessageId%20eq%20%27%3Co%27%27neil%2B1%40x.example%3E%27"
        "&$select=id%2CisDraft%2Cfrom%2CinternetMessageId%2CcreatedDateTime&$top=100"
        " HTTP/1.1"
    )


@pytest.mark.parametrize(
    ("shown_at", "at"),
    [
        ("2026-11-28T12:00:00Z", datetime(2026, 11, 28, 12, tzinfo=UTC)),
        ("2026-11-28T12:00:00", datetime(2026, 11, 28, 12, tzinfo=UTC)),
        ("yesterday", None),
        (7, None),
        (None, None),
    ],
)
def test_when_a_message_was_made_is_read_if_it_can_be(
    server: Server, shown_at: object, at: datetime | None
) -> None:
    found = find(server.will(shown(200, SHOWN | {"createdDateTime": shown_at})))

    assert isinstance(found, Found)
    assert found.at == at


def test_nothing_may_be_found(server: Server) -> None:
    assert search(server.will(shown(200, {"value": []}))) == []


def test_a_draft_is_deleted(server: Server) -> None:
    discard(server.will(reply(204)))

    assert server.requests[0].line == f"DELETE {PATH} HTTP/1.1"


@pytest.mark.parametrize("call", [*SUCCESS, send])
def test_every_call_wants_ids_that_outlive_a_move_and_has_one_of_its_own(
    server: Server, call: Call
) -> None:
    for _ in range(2):
        with pytest.raises(Withheld):
            call(server.will(refused(403, "ErrorAccessDenied")))

    first, second = (request.headers for request in server.requests)
    assert first["prefer"] == second["prefer"] == 'IdType="ImmutableId"'
    assert first["authorization"] == f"Bearer {TOKEN}"
    assert UUID(first["client-request-id"]) != UUID(second["client-request-id"])


@pytest.mark.parametrize(
    ("call", "status"),
    [
        (call, status)
        for call, documented in SUCCESS.items()
        for status in {200, 201, 202, 206} - {documented}
    ],
)
def test_another_success_is_none_and_nothing_was_sent(
    server: Server, call: Call, status: int
) -> None:
    with pytest.raises(Deferred) as error:
        call(server.will(shown(status, SHOWN | {"value": [SHOWN]})))

    assert error.value.scope == Scope.MAILBOX
    assert error.value.answer.status == status


@pytest.mark.parametrize("status", [200, 201, 204])
def test_another_success_may_have_sent_a_draft(server: Server, status: int) -> None:
    with pytest.raises(Unsure):
        send(server.will(reply(status)))


def test_a_message_that_is_gone_is_not_found(server: Server) -> None:
    assert find(server.will(refused(404, "ErrorItemNotFound"))) is None


@pytest.mark.parametrize("call", [find, discard])
@pytest.mark.parametrize("step", [refused(404, "ErrorInvalidUser"), reply(404)])
def test_another_thing_that_is_not_found_says_nothing_about_a_message(
    server: Server, call: Call, step: Step
) -> None:
    with pytest.raises(Withheld) as error:
        call(server.will(step))

    assert error.value.scope == Scope.ACCOUNT


def test_a_draft_that_is_gone_need_not_be_deleted(server: Server) -> None:
    discard(server.will(refused(404, "ErrorItemNotFound")))

    assert len(server.requests) == 1


def test_a_draft_that_is_gone_goes_again_before_it_was_sent(server: Server) -> None:
    with pytest.raises(Deferred, match="gone") as error:
        readdress(server.will(refused(404, "ErrorItemNotFound")))

    assert error.value.scope == Scope.MESSAGE


@pytest.mark.parametrize("step", [refused(404, "ErrorItemNotFound"), reply(404)])
def test_a_draft_that_is_gone_may_have_been_sent(server: Server, step: Step) -> None:
    with pytest.raises(Unsure):
        send(server.will(step))


def test_what_is_wrong_with_a_message_rejects_its_draft(server: Server) -> None:
    with pytest.raises(Rejected):
        create(server.will(refused(400, "ErrorMimeContentInvalid")))


@pytest.mark.parametrize("call", [*SUCCESS, send])
def test_a_refused_token_is_for_the_caller_to_renew(server: Server, call: Call) -> None:
    with pytest.raises(graph.TokenRefused):
        call(server.will(refused(401, "InvalidAuthenticationToken")))


@preparing
@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_a_wait_is_kept_as_told(server: Server, call: Call, status: int) -> None:
    with pytest.raises(Deferred) as error:
        call(server.will(reply(status, retry_after="2.128")))

    assert error.value.after == timedelta(seconds=2.128)


CUT = say(b"HTTP/1.1 202 Accepted\r\nContent-Length: 9\r\n\r\nx")


@preparing
@pytest.mark.parametrize("step", [reset(), say(b""), CUT])
def test_a_lost_answer_leaves_no_doubt_where_nothing_is_sent(
    server: Server, call: Call, step: Step
) -> None:
    with pytest.raises(Deferred) as error:
        call(server.will(step))

    assert error.value.scope == Scope.MAILBOX
    assert isinstance(error.value.__cause__, net.Lost)


@pytest.mark.parametrize("step", [reset(), say(b""), CUT])
def test_a_lost_answer_may_hide_that_a_draft_was_sent(
    server: Server, step: Step
) -> None:
    with pytest.raises(Unsure) as error:
        send(server.will(step))

    assert isinstance(error.value.__cause__, net.Lost)


@pytest.mark.parametrize("call", [*SUCCESS, send])
def test_nobody_there_is_deferred_for_the_whole_mailbox(call: Call) -> None:
    with serve() as server:
        pass

    with pytest.raises(Deferred, match="refused the connection") as error:
        call(server)

    assert error.value.scope == Scope.MAILBOX


def test_a_draft_too_long_to_be_shown_holds_up_no_other(server: Server) -> None:
    body = {"contentType": "text", "content": "x" * net.ANSWER_LIMIT}

    with pytest.raises(Deferred, match="too great a length") as error:
        create(server.will(shown(201, SHOWN | {"body": body})))

    assert error.value.scope == Scope.MESSAGE
