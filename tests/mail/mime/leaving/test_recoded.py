"""Mail for servers that take ASCII alone, and lines of no more than 998 bytes."""

from email import message_from_bytes, policy
from email.message import EmailMessage, Message

import pytest

from portal.mail import mime
from portal.mail.mime import leaving

PLAIN = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit"
UMLAUTS = "Grüße aus Köln.\r\n"


def mail(*lines: str) -> bytes:
    return "\r\n".join(lines).encode()


SIMPLE = mail("Subject: x", PLAIN, "", UMLAUTS)
FORKED = mail(
    "Content-Type: multipart/alternative; boundary=b",
    "Content-Transfer-Encoding: 8bit",
    "",
    "--b",
    PLAIN,
    "",
    UMLAUTS,
    "--b",
    "Content-Type: text/html",
    "",
    "<p>plain</p>",
    "--b--",
    "",
)
SIGNED = mail(
    "Content-Type: multipart/signed; boundary=b; protocol=x",
    "",
    "--b",
    PLAIN,
    "",
    UMLAUTS,
    "--b--",
)
ATTACHED = mail("Content-Type: message/rfc822", "", "Subject: x", "", UMLAUTS)


def texts(raw: bytes) -> list[str]:
    parsed: Message = message_from_bytes(raw, policy=policy.default)
    parts = [p for p in parsed.walk() if isinstance(p, EmailMessage)]
    return [p.get_content().strip() for p in parts if not p.is_multipart()]


@pytest.mark.parametrize("raw", [SIMPLE, FORKED])
def test_a_body_in_ascii_says_the_same(raw: bytes) -> None:
    recoded = leaving.in_ascii(raw)

    assert recoded is not None
    assert recoded.isascii()
    assert texts(recoded) == texts(raw)
    assert b"8bit" not in recoded


@pytest.mark.parametrize("raw", [SIGNED, ATTACHED])
def test_what_is_closed_is_never_touched(raw: bytes) -> None:
    assert leaving.eight_bit(raw)
    assert leaving.in_ascii(raw) is None
    assert leaving.in_short_lines(raw) == raw


def test_what_is_in_ascii_already_stays_as_it_is() -> None:
    raw = mail("Subject: x", "", "Hello")

    assert not leaving.eight_bit(raw)
    assert leaving.in_ascii(raw) == raw
    assert leaving.in_short_lines(raw) == raw


def test_a_file_beside_is_encoded_on_its_way() -> None:
    head = "Content-Type: text/csv\r\nContent-Transfer-Encoding: 8bit"
    raw = mail(head, "X-Portal-Part: 1 raw 4", "", "")

    recoded = leaving.in_ascii(raw)

    assert recoded is not None
    whole = b"".join(mime.render(recoded, lambda _: [b"\xc3\xbc,1"]))
    assert mime.rendered_size(recoded, [4]) == len(whole)
    [part] = [message_from_bytes(whole)]
    assert part.get_payload(decode=True) == b"\xc3\xbc,1"
    assert whole.isascii()


def test_a_line_that_no_server_must_take_is_broken_and_reads_the_same() -> None:
    raw = mail("Content-Type: text/html", "", f"<p>{'x' * 2000}</p>", "")

    recoded = leaving.in_short_lines(raw)

    assert max(map(len, recoded.split(b"\r\n"))) <= 998
    assert texts(recoded) == texts(raw)


def test_a_file_in_one_line_of_base64_is_wrapped() -> None:
    head = "Content-Type: image/png\r\nContent-Transfer-Encoding: base64"
    raw = mail(head, "", "QUJD" * 1000)

    recoded = leaving.in_short_lines(raw)

    assert max(map(len, recoded.split(b"\r\n"))) <= 998
    assert message_from_bytes(recoded).get_payload(decode=True) == b"ABC" * 1000


def test_what_is_binary_gets_lines() -> None:
    head = "Content-Type: image/png\r\nContent-Transfer-Encoding: binary"
    raw = mail(head, "X-Portal-Part: 1 raw 4", "", "")

    recoded = leaving.in_short_lines(raw)

    whole = b"".join(mime.render(recoded, lambda _: [b"\0\n\r1"]))
    assert message_from_bytes(whole).get_payload(decode=True) == b"\0\n\r1"


def test_a_header_beyond_ascii_is_noticed() -> None:
    assert leaving.international("Subject: Grüße\r\n\r\nx".encode())
    assert not leaving.international(SIMPLE)
