"""What a body may be: JSON, of one object, flat, and no larger than it may be."""

import json

import pytest
from flask.testing import FlaskClient

from portal.intake.http import bodies
from tests import stored
from tests.intake.posted import MAIL, MESSAGES, post, refused


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
    [step] = more.get_json()["explanation"]["steps"]
    assert "multipart/form-data" in step
    assert "message/rfc822" in step
