"""sendMail in MIME: the bytes survive, the envelope is in the headers."""

from base64 import b64encode, encodebytes
from email import policy
from email.message import EmailMessage

import pytest

from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import (
    ADMIN,
    ALIAS,
    NOREPLY,
    REPORTS,
    SHARED,
    problem,
    send,
    tokens,
)


def mime(**headers: str) -> bytes:
    """Return a mail with text and HTML; headers replace or add."""
    message = EmailMessage(policy=policy.SMTP)
    whole = {
        "From": ADMIN,
        "To": "Jane <jane@example.com>",
        "Subject": "Grüße",
        "Message-ID": "<one@contoso.example>",
    }
    for name, value in (whole | headers).items():
        if value:
            message[name] = value
    message.set_content("hello\n")
    message.add_alternative("<p>hello</p>\n", subtype="html")
    return message.as_bytes()


@pytest.fixture
def token(sandbox: Sandbox) -> str:
    """Return what admin@ sends with, for itself and others."""
    return str(tokens(sandbox, ADMIN, SHARED)["access_token"])


def test_a_mail_is_taken_as_it_is(sandbox: Sandbox, token: str) -> None:
    source = mime(Cc="cc@example.com", Bcc="bcc@example.com", **{"X-Portal-Id": "7"})

    assert send(sandbox, token, data=encodebytes(source)).status_code == 202

    mail = sandbox.mails("Grüße")[0]
    assert mail["internet_message_id"] == "<one@contoso.example>"
    assert (mail["to"], mail["cc"]) == (["jane@example.com"], ["cc@example.com"])
    assert mail["bcc"] == ["bcc@example.com"]
    assert (mail["text"], mail["html"]) == ("hello\r\n", "<p>hello</p>\r\n")
    assert mail["headers"]["X-Portal-Id"] == "7"
    assert "Bcc" not in mail["headers"]
    left = sandbox.session.get(f"{sandbox.url}/mails/{mail['id']}/source", timeout=9)
    assert left.content.endswith(source.split(b"\r\n\r\n", 1)[1])


def test_what_exchange_replaces_is_gone(sandbox: Sandbox, token: str) -> None:
    source = mime(**{"Auto-Submitted": "auto-generated", "Return-Path": "<x@y.z>"})

    send(sandbox, token, data=b64encode(source))

    headers = sandbox.mails()[0]["headers"]
    assert not {"Auto-Submitted", "Return-Path"} & set(headers)


def test_what_is_missing_is_added(sandbox: Sandbox, token: str) -> None:
    send(sandbox, token, data=b64encode(mime(**{"From": "", "Message-ID": ""})))

    mail = sandbox.mails()[0]
    assert mail["from"] == ADMIN
    assert mail["internet_message_id"].endswith("@contoso.example>")
    assert mail["headers"]["Message-ID"] == mail["internet_message_id"]
    assert mail["headers"]["Date"]


def test_from_is_ignored_unless_switched_on(sandbox: Sandbox, token: str) -> None:
    send(sandbox, token, data=b64encode(mime(From=NOREPLY)))
    assert sandbox.mails()[0]["from"] == ADMIN

    sandbox.fault("mime-from-honoured")

    send(sandbox, token, data=b64encode(mime(From=NOREPLY)))
    mail = sandbox.mails()[0]
    assert (mail["from"], mail["mailbox"]) == (NOREPLY, ADMIN)
    assert NOREPLY in mail["headers"]["From"]


def test_a_from_that_is_honoured_needs_send_as(sandbox: Sandbox, token: str) -> None:
    sandbox.fault("mime-from-honoured")

    answer = send(sandbox, token, data=b64encode(mime(From=REPORTS)))

    assert problem(answer) == (403, "ErrorSendAsDenied")


def test_an_alias_becomes_the_primary_address(sandbox: Sandbox, token: str) -> None:
    sandbox.fault("mime-from-honoured")
    send(sandbox, token, data=b64encode(mime(From=ALIAS)))
    assert sandbox.mails()[0]["from"] == ADMIN

    sandbox.fault("alias-kept")

    send(sandbox, token, data=b64encode(mime(From=ALIAS)))
    assert sandbox.mails()[0]["from"] == ALIAS


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("ErrorMimeContentInvalidBase64String", b"not base64!"),
        ("ErrorMimeContentInvalidBase64String", b""),
        ("ErrorMimeContentInvalidBase64String", mime()),
        ("ErrorMimeContentInvalid", b64encode(b"\r\n\r\nonly text")),
        ("ErrorInvalidRecipients", b64encode(mime(To=""))),
        ("ErrorInvalidRecipients", b64encode(mime(To="undisclosed-recipients:;"))),
        ("ErrorInvalidRecipients", b64encode(mime(To="jane"))),
    ],
)
def test_a_wrong_body_is_refused(
    sandbox: Sandbox, token: str, code: str, body: bytes
) -> None:
    assert problem(send(sandbox, token, data=body)) == (400, code)


def test_headers_that_lie_about_their_letters_do_no_harm(
    sandbox: Sandbox, token: str
) -> None:
    raw = b"To: jane@example.com\nSubject: =?nonsense?b?!!?= \xff\n\n\xff\xfe"

    assert send(sandbox, token, data=b64encode(raw)).status_code == 202
    assert len(sandbox.mails()) == 1
