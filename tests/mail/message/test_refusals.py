"""What a message is told when it cannot be sent."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import InvalidMessage
from portal.mail.message import Message, parse

ANN = "ann@contoso.example"
BEN = "ben@contoso.example"


def problems(data: object) -> dict[str, str]:
    with pytest.raises(InvalidMessage) as refused:
        parse(data)
    return {each.field: each.reason for each in refused.value.problems}


def file(**changes: object) -> dict[str, object]:
    return {"name": "a.txt", "content": "aGk="} | changes


MANY_NAMES = ("attachments[0]", "more than 20")
REFUSED: list[tuple[dict[str, object], str, str]] = [
    ({"to": []}, "to", "at least one recipient"),
    ({"to": None}, "to", "at least one recipient"),
    ({"to": "nobody"}, "to", "not an email address"),
    ({"to": [ANN, "nobody"]}, "to[1]", "not an email address"),
    ({"to": [ANN, 7]}, "to[1]", "must be text"),
    ({"to": {"address": ANN}}, "to", "must be text"),
    ({"to": f"{ANN}, {BEN}"}, "to", "not an email address"),
    ({"to": f"{ANN}, Ben <{BEN}>"}, "to", "must be one address"),
    ({"to": '"a b"@contoso.example'}, "to", "not an email address"),
    ({"to": f"Ann\r\nBcc: {BEN} <{ANN}>"}, "to", "line breaks"),
    ({"to": f"{'n' * 257} <{ANN}>"}, "to", "more than 256"),
    ({"to": [ANN] * 501}, "to", "more than 500"),
    ({"to": [ANN] * 300, "cc": [ANN] * 100, "bcc": [ANN] * 101}, "to", "more than 500"),
    ({"cc": ["x"]}, "cc[0]", "not an email address"),
    ({"reply_to": "x"}, "reply_to", "not an email address"),
    ({"from": "x"}, "from", "not an email address"),
    ({"sender": ANN}, "sender", "unknown field"),
    ({"From": ANN}, "From", "unknown field"),
    ({"evil\nname": 1}, "evil?name", "unknown field"),
    ({"subject": "a\nb"}, "subject", "line breaks"),
    ({"subject": "a\u2028b"}, "subject", "line breaks"),
    ({"subject": "a\x00b"}, "subject", "control characters"),
    ({"subject": "\ud83d"}, "subject", "Unicode"),
    ({"subject": "s" * 999}, "subject", "998"),
    ({"subject": 5}, "subject", "must be text"),
    ({"text": "\udc00"}, "text", "Unicode"),
    ({"html": "\ud800"}, "html", "Unicode"),
    ({"html": []}, "html", "must be text"),
    ({"headers": []}, "headers", "names and texts"),
    ({"headers": {"X-A": 1}}, "headers.X-A", "must be text"),
    ({"headers": {"X-A": "v" * 2001}}, "headers.X-A", "2000"),
    ({"headers": {"X-A": "a\r\nBcc: b"}}, "headers.X-A", "line breaks"),
    ({"headers": {"X-A": "1", "x-a": "2"}}, "headers", "twice"),
    ({"headers": {"X A": "1"}}, "headers.X?A", "header name"),
    ({"headers": {"X-A:": "1"}}, "headers.X-A:", "header name"),
    ({"headers": {"": "1"}}, "headers.", "header name"),
    ({"headers": {"X" * 77: "1"}}, f"headers.{'X' * 76}", "header name"),
    ({"headers": {f"X-{n}": "" for n in range(51)}}, "headers", "more than 50"),
    ({"attachments": {}}, "attachments", "must be a list"),
    ({"attachments": ["/etc/passwd"]}, "attachments[0]", "must be an object"),
    ({"attachments": [file()] * 501}, "attachments", "more than 500"),
    ({"attachments": [file(path="/etc/passwd")]}, "attachments[0].path", "unknown"),
    ({"attachments": [file(content_id="a")] * 2}, "attachments", "twice"),
    ({"account": ""}, "account", "empty"),
    ({"account": "a\nb"}, "account", "line breaks"),
    ({"account": "a" * 65}, "account", "64"),
    ({"priority": "urgent"}, "priority", "must be one of"),
    ({"expires_at": "tomorrow"}, "expires_at", "date and time"),
    ({"expires_at": 4102444800}, "expires_at", "date and time"),
    ({"expires_at": "2100-01-01T00:00:00"}, "expires_at", "offset"),
    ({"expires_at": "9999-12-31T23:59:59-01:00"}, "expires_at", "years"),
    ({"expires_at": "0001-01-01T00:00:00+01:00"}, "expires_at", "years"),
    ({"tags": "invoice"}, "tags", "must be a list"),
    ({"tags": ["t"] * 11}, "tags", "more than 10"),
    ({"tags": ["a", "t" * 65]}, "tags[1]", "64"),
    ({"tags": ["a\tb"]}, "tags[0]", "control characters"),
    ({"reply_to": [ANN] * 501}, "reply_to", "more than 500"),
    ({"attachments": [file(**{f"x{n}": 1 for n in range(19)})]}, *MANY_NAMES),
]


@pytest.mark.parametrize(("data", "field", "reason"), REFUSED)
def test_a_refusal_names_the_field_and_says_why(
    data: dict[str, object], field: str, reason: str
) -> None:
    found = problems({"to": ANN} | data)

    assert list(found) == [field]
    assert reason in found[field]


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"name": ""}, "name", "empty"),
        ({"name": " "}, "name", "empty"),
        ({"name": "../secret"}, "name", "without a folder"),
        ({"name": "c:\\secret"}, "name", "without a folder"),
        ({"name": ".."}, "name", "without a folder"),
        ({"name": "a\r\nX: y"}, "name", "line breaks"),
        ({"name": "n" * 256}, "name", "255"),
        ({"content_type": "pdf"}, "content_type", "type/subtype"),
        ({"content_type": "text/html\r\nX: y"}, "content_type", "type/subtype"),
        ({"content_type": "multipart/mixed"}, "content_type", "multipart"),
        ({"content": 7}, "content", "base64"),
        ({"content": "/etc/passwd"}, "content", "base64"),
        ({"content": "aGk"}, "content", "base64"),
        ({"content": "aG k="}, "content", "base64"),
        ({"content": "_-8="}, "content", "base64"),
        ({"content": "ü"}, "content", "base64"),
        ({"content_id": "a b"}, "content_id", "without space"),
        ({"content_id": ""}, "content_id", "without space"),
    ],
)
def test_an_attachment_is_refused_by_its_number(
    change: dict[str, object], field: str, reason: str
) -> None:
    found = problems({"to": ANN, "attachments": [file(), file(**change)]})

    assert list(found) == [f"attachments[1].{field}"]
    assert reason in found[f"attachments[1].{field}"]


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        *(("From", "from"), ("SENDER", "from"), ("to", "to"), ("Cc", "cc")),
        *(("Bcc", "bcc"), ("reply-to", "reply_to"), ("Subject", "subject")),
        *(("Importance", "priority"), ("X-Priority", "priority")),
        *(("Date", "accepted"), ("Message-ID", "accepted")),
        *(("Return-Path", "from"), ("Received", "servers")),
        *(("DKIM-Signature", "servers"), ("ARC-Seal", "servers")),
        *(("Authentication-Results", "servers"), ("Resent-To", "new message")),
        *(("MIME-Version", "attachments"), ("Content-Type", "attachments")),
        *(("X-Original-To", "reserved"), ("x-portal-part", "reserved")),
    ],
)
def test_a_forbidden_header_says_what_to_use_instead(name: str, instead: str) -> None:
    found = problems({"to": ANN, "headers": {name: "x"}})

    assert instead in found[f"headers.{name}"]


def test_everything_wrong_is_said_at_once() -> None:
    found = problems(
        {
            "cc": ["x", ANN, "y"],
            "subject": "\n",
            "headers": {"Date": "x", "X-A": "\n"},
            "attachments": [{}],
            "colour": "red",
        }
    )

    assert set(found) == {
        *("cc[0]", "cc[2]", "subject", "headers.Date", "headers.X-A", "colour"),
        *("attachments[0].name", "attachments[0].content"),
    }


@pytest.mark.parametrize("data", [None, [], "text", 7, {}])
def test_what_is_no_message_is_refused(data: object) -> None:
    assert problems(data)


def test_a_refusal_tells_nothing_of_what_was_written() -> None:
    secret = "hunter2"
    data = {
        "to": [f"{secret}", f"a@{secret}:x"],
        "subject": f"{secret}\n",
        "headers": {"X-A": f"{secret}\n"},
        "attachments": [file(content=secret)],
        "priority": secret,
        "expires_at": secret,
    }

    with pytest.raises(InvalidMessage) as refused:
        parse(data)

    assert secret not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = st.sampled_from(sorted(Message.model_json_schema()["properties"])) | st.text()


@given(st.dictionaries(NAMES, JSON, max_size=6))
def test_any_json_becomes_a_message_or_a_list_of_problems(data: object) -> None:
    try:
        found = [("", each.address) for each in parse(data).recipients]
    except InvalidMessage as refused:
        found = [(each.field, each.reason) for each in refused.problems]

    assert found
    assert all(text.isprintable() for each in found for text in each)


def test_a_flood_of_mistakes_is_not_answered_in_full() -> None:
    found = problems({"to": ANN} | {f"field-{n}": 1 for n in range(5000)})

    assert len(found) == 1000


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(InvalidMessage):
        parse({"to": "x"})

    assert caplog.records == []
