"""sendMail in JSON: what is taken, and what Graph refuses."""

from base64 import b64encode
from typing import Any

import pytest

from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import ADMIN, letter, problem, send, tokens

FILE = {
    "@odata.type": "#microsoft.graph.fileAttachment",
    "name": "Pläne.pdf",
    "contentType": "application/pdf",
    "contentBytes": b64encode(b"%PDF").decode(),
}


def to(*addresses: str) -> list[dict[str, Any]]:
    """Return recipients."""
    return [{"emailAddress": {"address": each}} for each in addresses]


@pytest.fixture
def token(sandbox: Sandbox) -> str:
    """Return what admin@ sends with."""
    return str(tokens(sandbox)["access_token"])


def test_a_mail_is_taken_whole(sandbox: Sandbox, token: str) -> None:
    message = letter(
        "Grüße",
        body={"contentType": "html", "content": "<p>schön</p>"},
        ccRecipients=to("cc@example.com"),
        bccRecipients=to("bcc@example.com"),
        replyTo=to("answers@example.com"),
        importance="high",
        internetMessageHeaders=[{"name": "X-Portal-Id", "value": "1"}],
        attachments=[FILE],
    )

    assert send(sandbox, token, json={"message": message}).status_code == 202

    mail = sandbox.mails("Grüße")[0]
    assert (mail["mailbox"], mail["sender"], mail["from"]) == (ADMIN, ADMIN, ADMIN)
    assert (mail["to"], mail["cc"]) == (["jane@example.com"], ["cc@example.com"])
    assert mail["bcc"] == ["bcc@example.com"]
    assert mail["html"].strip() == "<p>schön</p>"
    assert mail["headers"]["X-Portal-Id"] == "1"
    assert mail["headers"]["Reply-To"] == "answers@example.com"
    assert mail["headers"]["Importance"] == "high"
    assert "Bcc" not in mail["headers"]
    assert mail["attachments"][0]["name"] == "Pläne.pdf"
    assert mail["attachments"][0]["size"] == 4
    assert mail["call"] == "POST /v1.0/me/sendMail"


def test_the_newest_mail_comes_first(sandbox: Sandbox, token: str) -> None:
    for subject in ("one", "two"):
        send(sandbox, token, letter={"subject": subject})

    assert [mail["subject"] for mail in sandbox.mails()] == ["two", "one"]


def test_the_names_of_metadata_work_too(sandbox: Sandbox, token: str) -> None:
    body = {"Message": letter(), "SaveToSentItems": "false"}

    assert send(sandbox, token, json=body, unchecked=True).status_code == 202


def test_ids_are_echoed(sandbox: Sandbox, token: str) -> None:
    answer = send(sandbox, token, headers={"client-request-id": "abc"})

    assert answer.headers["client-request-id"] == "abc"
    assert answer.headers["Date"]


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("RequestBodyRead", {"subjet": "x"}),
        ("RequestBodyRead", {"subject": 1}),
        ("RequestBodyRead", {"toRecipients": {"emailAddress": {}}}),
        ("RequestBodyRead", {"toRecipients": ["jane@example.com"]}),
        ("RequestBodyRead", {"toRecipients": [{"address": "jane@example.com"}]}),
        ("RequestBodyRead", {"body": {"contentType": "markdown", "content": "x"}}),
        ("RequestBodyRead", {"body": {"type": "text"}}),
        ("RequestBodyRead", {"importance": "urgent"}),
        ("RequestBodyRead", {"attachments": [{"name": "x", "contentBytes": ""}]}),
        ("RequestBodyRead", {"attachments": [FILE | {"contentBytes": "?"}]}),
        ("ErrorRequiredPropertyMissing", {"attachments": [FILE | {"name": None}]}),
        ("ErrorInvalidRecipients", {"toRecipients": []}),
        ("ErrorInvalidRecipients", {"toRecipients": to("")}),
        ("ErrorInvalidRecipients", {"toRecipients": to("nobody")}),
        ("ErrorInvalidRecipients", {"toRecipients": to("a b@example.com")}),
        (
            "ErrorInvalidRecipients",
            {"toRecipients": to(*(f"p{n}@example.com" for n in range(501)))},
        ),
        ("InvalidInternetMessageHeaderCollection", {"internetMessageHeaders": []}),
        (
            "InvalidInternetMessageHeaderCollection",
            {"internetMessageHeaders": [{"name": f"x-{n}"} for n in range(6)]},
        ),
        (
            "InvalidInternetMessageHeader",
            {"internetMessageHeaders": [{"name": "List-Unsubscribe", "value": "x"}]},
        ),
    ],
)
def test_a_wrong_message_is_refused(
    sandbox: Sandbox, token: str, code: str, change: dict[str, Any]
) -> None:
    answer = send(sandbox, token, letter=change)

    assert problem(answer) == (400, code)
    assert sandbox.mails() == []


def test_five_hundred_recipients_and_five_headers_are_taken(
    sandbox: Sandbox, token: str
) -> None:
    most = {
        "toRecipients": to(*(f"p{n}@example.com" for n in range(500))),
        "internetMessageHeaders": [{"name": f"x-{n}", "value": "1"} for n in range(5)],
    }

    assert send(sandbox, token, letter=most).status_code == 202


@pytest.mark.parametrize(
    ("expected", "body", "content_type"),
    [
        ((400, "BadRequest"), b"", "application/json"),
        ((400, "BadRequest"), b"{", "application/json"),
        ((400, "RequestBodyRead"), b"[]", "application/json"),
        ((400, "ErrorInvalidParameter"), b"{}", "application/json"),
        ((400, "RequestBodyRead"), b'{"mesage": {}}', "application/json"),
        ((415, "UnsupportedMediaType"), b"x", "message/rfc822"),
        ((415, "UnsupportedMediaType"), b"x", "application/x-www-form-urlencoded"),
    ],
)
def test_a_wrong_body_is_refused(
    sandbox: Sandbox,
    token: str,
    expected: tuple[int, str],
    body: bytes,
    content_type: str,
) -> None:
    answer = send(sandbox, token, data=body, content_type=content_type)

    assert problem(answer) == expected


def test_an_unknown_address_of_graph_is_refused_in_its_language(
    sandbox: Sandbox, token: str
) -> None:
    answer = sandbox.session.get(f"{sandbox.url}/v1.0/me/contacts", timeout=9)

    assert problem(answer) == (404, "BadRequest")
