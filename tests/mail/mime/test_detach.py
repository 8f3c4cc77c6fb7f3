"""A mail without some of its attachments: the rest stays what it was."""

from collections.abc import Iterable
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message as AnyMail

import pytest

from portal.mail import mime
from portal.mail.message import Address, Attachment, Message

NOW = datetime(2026, 11, 28, tzinfo=UTC)
FILES = [
    Attachment(b"one", name="one.bin"),
    Attachment(b"two", name="two.png", content_id="two"),
    Attachment(b"three", name="three.txt"),
]


def skeleton(*files: Attachment, **fields: str) -> bytes:
    message = Message(to="jane@example.com", attachments=files, **fields)  # type: ignore[arg-type]
    sender = Address(address="ann@contoso.example")
    return mime.compose(message, sender=sender, message_id="<1@x>", date=NOW)


def rendered(whole: bytes, files: Iterable[Attachment] = FILES) -> AnyMail:
    contents = list(files)
    parts = mime.render(whole, lambda number: contents[number - 1].chunks())
    return message_from_bytes(b"".join(parts))


def names(mail: AnyMail) -> list[str | None]:
    return [part.get_filename() for part in mail.walk() if part.get_filename()]


@pytest.mark.parametrize("gone", [{1}, {2}, {3}, {1, 2}, {1, 3}, {2, 3}, {1, 2, 3}])
def test_what_is_taken_out_is_gone_and_nothing_else(gone: set[int]) -> None:
    whole = skeleton(*FILES, text="Well.", html='<img src="cid:two">')

    mail = rendered(mime.without(whole, gone))

    kept = [file.name for n, file in enumerate(FILES, start=1) if n not in gone]
    assert sorted(map(str, names(mail))) == sorted(kept)
    said = {
        part.get_content_type(): part.get_payload(decode=True).strip()  # type: ignore[union-attr]
        for part in mail.walk()
        if part.get_content_maintype() == "text" and not part.get_filename()
    }
    assert said == {"text/plain": b"Well.", "text/html": b'<img src="cid:two">'}
    assert mail["Message-ID"] == "<1@x>"
    assert mail.defects == []


@pytest.mark.parametrize("number", [1, 2, 3])
def test_what_stays_keeps_its_number_and_its_content(number: int) -> None:
    whole = skeleton(*FILES, text="Well.", html="<p>Well.")

    mail = rendered(mime.without(whole, {1, 2, 3} - {number}))

    [part] = [part for part in mail.walk() if part.get_filename()]
    assert part.get_payload(decode=True) == FILES[number - 1]._source


def test_a_mail_that_is_nothing_but_a_file_becomes_empty() -> None:
    whole = (
        b"From: ann@contoso.example\r\nSubject: Report\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
        b"X-Portal-Part: 1\r\n\r\n"
    )

    mail = rendered(mime.without(whole, {1}))

    assert mime.movable(whole) == (1,)
    assert mail.get_content_type() == "text/plain"
    assert mail.get_payload(decode=True) == b""
    assert mail["Subject"] == "Report"


def test_everything_beside_the_text_may_travel_beside_it() -> None:
    whole = skeleton(*FILES, text="Well.", html='<img src="cid:two">')

    assert sorted(mime.movable(whole)) == [1, 2, 3]


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ("alternative", "text/calendar"),  # one of several ways to say the same
        ("report", "message/delivery-status"),
        ("mixed", "multipart/signed"),
        ("mixed", "application/pkcs7-mime"),
    ],
)
def test_what_means_something_where_it_stands_stays(outer: str, inner: str) -> None:
    whole = (
        f"MIME-Version: 1.0\r\nContent-Type: multipart/{outer}; boundary=b\r\n\r\n"
        f"--b\r\nContent-Type: text/plain\r\n\r\nWell.\r\n"
        f"--b\r\nContent-Type: {inner}\r\nX-Portal-Part: 1\r\n\r\n\r\n--b--\r\n"
    ).encode()

    assert mime.movable(whole) == ()


def test_a_mail_that_is_signed_as_a_whole_stays_whole() -> None:
    whole = b"Content-Type: multipart/signed; boundary=b\r\nX-Portal-Part: 1\r\n\r\n"

    assert mime.movable(whole) == ()


@pytest.mark.parametrize(
    ("encoding", "numbers"),
    [
        *((known, (1,)) for known in ("7bit", "8BIT", "binary", "Base64")),
        ("quoted-printable", (1,)),
        *((unknown, ()) for unknown in ("x-uuencode", "base64 7bit", "x-gzip64")),
    ],
)
def test_what_nobody_can_decode_stays(encoding: str, numbers: tuple[int, ...]) -> None:
    file = f"Content-Transfer-Encoding: {encoding}\r\nX-Portal-Part: 1 raw 3\r\n"
    mixed = f"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n{file}\r\n\r\n"

    assert mime.movable(f"{mixed}--b--\r\n".encode()) == numbers
    assert mime.movable(f"{file}\r\n".encode()) == numbers
