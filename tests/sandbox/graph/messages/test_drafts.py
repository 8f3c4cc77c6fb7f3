"""Drafts: created, changed, found, sent; and where they are afterwards."""

from base64 import b64encode
from typing import Any
from urllib.parse import quote

import pytest

from tests.sandbox.graph.messages.conftest import Call, created
from tests.sandbox.graph.messages.drafts import IMMUTABLE, MIME, NOT_FOUND, at, found
from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import (
    ADMIN,
    ALEX,
    ALIAS,
    NOREPLY,
    REPORTS,
    SHARED,
    application_token,
    from_,
    graph,
    letter,
    problem,
    tokens,
)


def test_a_draft_is_shown_as_it_was_written(call: Call) -> None:
    draft = created(call)

    assert draft["isDraft"] is True
    assert draft["subject"] == "hello"
    assert draft["from"]["emailAddress"]["address"] == ADMIN
    assert draft["internetMessageId"].startswith("<")
    assert call("GET", at(draft)).json() == draft


def test_a_draft_is_sent_and_leaves_a_copy(sandbox: Sandbox, call: Call) -> None:
    draft = created(call)

    assert call("POST", at(draft, "/send")).status_code == 202

    mail = sandbox.mails("hello")[0]
    assert mail["internet_message_id"] == draft["internetMessageId"]
    assert mail["call"] == f"POST /v1.0{at(draft, '/send')}".replace("%3D", "=")
    assert problem(call("GET", at(draft))) == NOT_FOUND
    (copy,) = found(call, draft)
    assert copy["isDraft"] is False
    assert copy["id"] != draft["id"]


def test_an_immutable_id_outlives_sending(call: Call) -> None:
    draft = created(call, headers=IMMUTABLE)

    call("POST", at(draft, "/send"))

    again = call("GET", at(draft), headers=IMMUTABLE)
    assert again.headers["Preference-Applied"] == IMMUTABLE["Prefer"]
    assert (again.json()["id"], again.json()["isDraft"]) == (draft["id"], False)


def test_an_immutable_id_may_change_all_the_same(sandbox: Sandbox, call: Call) -> None:
    sandbox.fault("ids-change")
    draft = created(call, headers=IMMUTABLE)

    call("POST", at(draft, "/send"))

    assert problem(call("GET", at(draft), headers=IMMUTABLE)) == NOT_FOUND
    assert len(found(call, draft)) == 1


def test_a_sent_draft_is_gone_unless_switched(sandbox: Sandbox, call: Call) -> None:
    draft = created(call)
    call("POST", at(draft, "/send"))
    assert problem(call("POST", at(draft, "/send"))) == NOT_FOUND

    sandbox.fault("send-again")

    other = created(call)
    answers = [call("POST", at(other, "/send")).status_code for _ in range(2)]
    assert answers == [202, 202]
    sent = [mail["internet_message_id"] for mail in sandbox.mails()]
    assert sent.count(other["internetMessageId"]) == 2


def test_send_wants_an_empty_body_and_says_so(call: Call) -> None:
    draft = created(call)

    assert call("POST", at(draft, "/send"), json={}).status_code == 400
    assert call("POST", at(draft, "/send"), data=iter([])).status_code == 411


def test_a_draft_is_changed_before_it_is_sent(sandbox: Sandbox, call: Call) -> None:
    draft = created(call)

    change = {"subject": "changed", **from_(NOREPLY)}
    answer = call("PATCH", at(draft), json=change).json()
    call("POST", at(draft, "/send"))

    assert answer["subject"] == "changed"
    assert answer["from"]["emailAddress"]["address"] == NOREPLY
    assert answer["@odata.etag"] != draft["@odata.etag"]
    assert sandbox.mails("changed")[0]["from"] == NOREPLY


def test_an_alias_shows_as_the_primary_address(call: Call) -> None:
    answer = call("PATCH", at(created(call)), json=from_(ALIAS)).json()

    assert answer["from"]["emailAddress"]["address"] == ADMIN


def test_send_as_is_asked_for_when_it_is_sent(call: Call) -> None:
    draft = created(call, json=letter(**from_(REPORTS)))

    answer = call("POST", at(draft, "/send"))

    assert problem(answer) == (403, "ErrorSendAsDenied")


@pytest.mark.parametrize(
    "change",
    [
        {"internetMessageHeaders": [{"name": "x-a", "value": "1"}]},
        {"attachments": []},
        {"sentDateTime": "2026-11-20T10:00:00Z"},
    ],
)
def test_some_properties_are_settled_at_creation(
    call: Call, change: dict[str, Any]
) -> None:
    answer = call("PATCH", at(created(call)), json=change)

    assert problem(answer) == (400, "ErrorInvalidPropertySet")


def test_headers_are_shown_when_selected(call: Call) -> None:
    headers = [{"name": "x-a", "value": "1"}]
    draft = created(call, json=letter(internetMessageHeaders=headers))

    query = {"$select": "subject,internetMessageHeaders"}
    shown = call("GET", at(draft), params=query).json()

    assert "internetMessageHeaders" not in draft
    assert shown["internetMessageHeaders"] == headers
    assert "body" not in shown


def test_mime_becomes_a_draft_and_keeps_its_bytes(sandbox: Sandbox, call: Call) -> None:
    draft = created(call, json=None, data=b64encode(MIME))
    change = {"toRecipients": [{"emailAddress": {"address": "ben@example.com"}}]}
    call("PATCH", at(draft), json=change)
    call("POST", at(draft, "/send"))

    assert draft["from"]["emailAddress"]["address"] == ADMIN
    assert draft["body"] == {"contentType": "text", "content": "schön\r\n"}
    mail = sandbox.mails("mime")[0]
    assert (mail["to"], mail["bcc"]) == (["ben@example.com"], ["bcc@example.com"])
    assert mail["from"] == ADMIN
    assert mail["internet_message_id"] == "<m@contoso.example>"
    assert mail["headers"]["X-Kept"] == "yes"
    assert mail["text"] == "schön\r\n"


def test_another_from_goes_over_a_draft_from_mime(sandbox: Sandbox, call: Call) -> None:
    draft = created(call, json=None, data=b64encode(MIME))

    call("PATCH", at(draft), json=from_(NOREPLY))
    call("POST", at(draft, "/send"))

    assert sandbox.mails("mime")[0]["from"] == NOREPLY


def test_what_was_sent_can_be_read_as_mime(call: Call) -> None:
    draft = created(call)
    call("POST", at(draft, "/send"))
    (copy,) = found(call, draft)

    answer = call("GET", at(copy, "/$value"), unchecked=True)

    assert draft["internetMessageId"].encode() in answer.content


def test_a_copy_not_kept_is_not_found(sandbox: Sandbox, call: Call) -> None:
    message = letter(internetMessageId="<gone@contoso.example>")
    body = {"message": message, "saveToSentItems": False}
    call("POST", "/me/sendMail", json=body)

    assert found(call, message) == []
    assert sandbox.mails("hello")[0]["internet_message_id"] == "<gone@contoso.example>"


def test_a_draft_can_be_deleted(call: Call) -> None:
    draft = created(call)

    assert call("DELETE", at(draft)).status_code == 204
    assert problem(call("GET", at(draft))) == NOT_FOUND


def test_another_filter_is_refused(call: Call) -> None:
    answer = call("GET", "/me/messages", params={"$filter": "isDraft eq true"})

    assert problem(answer) == (400, "ErrorInvalidUrlQueryFilter")


def test_drafts_need_their_permission(fresh: Sandbox) -> None:
    token = tokens(fresh, scope=SHARED)["access_token"]

    answer = graph(fresh, token, "POST", "/me/messages", json=letter())

    assert problem(answer) == (403, "ErrorAccessDenied")


def test_a_mailboxs_drafts_are_its_own(sandbox: Sandbox, call: Call) -> None:
    draft = created(call)
    token = application_token(sandbox)

    path = f"/users/{ALEX}/messages/{quote(draft['id'], safe='')}"

    assert problem(graph(sandbox, token, "GET", path)) == NOT_FOUND


def test_the_application_sends_drafts_of_any_mailbox(sandbox: Sandbox) -> None:
    token = application_token(sandbox)
    base = f"/users/{ALEX}/messages"
    draft = graph(sandbox, token, "POST", base, json=letter()).json()

    path = f"{base}/{quote(draft['id'], safe='')}/send"

    assert graph(sandbox, token, "POST", path).status_code == 202
    assert sandbox.mails("hello")[0]["from"] == ALEX
