"""How a body may be coded on its way: not at all, but for its chunks."""

import json

import pytest
from flask.testing import FlaskClient

from tests import stored
from tests.intake.posted import MAIL, MESSAGES, refused

KINDS = {
    "application/json": json.dumps(MAIL).encode(),
    "message/rfc822": b"To: jane@example.com\r\n\r\nhi",
    "multipart/form-data; boundary=b": (
        b'--b\r\nContent-Disposition: form-data; name="message"\r\n\r\n'
        b'{"to": "jane@example.com"}\r\n--b--\r\n'
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip", "x"])
def test_a_body_that_is_encoded_is_refused(
    knock: FlaskClient, kind: str, coding: str
) -> None:
    headers = {"Content-Type": kind, "Content-Encoding": coding}

    answer = knock.post(MESSAGES, data=KINDS[kind], headers=headers)

    assert refused(answer) == 415
    assert answer.headers["Accept-Encoding"] == "identity"
    assert stored.rows() == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("coding", ["gzip, chunked", "gzip", "deflate,chunked"])
def test_a_transfer_that_is_more_than_chunked_is_refused(
    knock: FlaskClient, kind: str, coding: str
) -> None:
    headers = {"Content-Type": kind, "Transfer-Encoding": coding}

    answer = knock.post(MESSAGES, data=KINDS[kind], headers=headers)

    assert refused(answer) == 501
    assert stored.rows() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_that_says_it_is_not_encoded_is_taken(
    knock: FlaskClient, kind: str
) -> None:
    headers = {"Content-Type": kind, "Content-Encoding": "Identity"}

    answer = knock.post(MESSAGES, data=KINDS[kind], headers=headers)

    assert answer.status_code == 202
