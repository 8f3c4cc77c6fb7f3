"""What a mail from outside may try, and what comes of it."""

import time
from email.mime.text import MIMEText

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import InvalidMessage
from portal.mail import mime
from portal.mail.mime import header
from portal.mail.mime.body import blank
from portal.mail.mime.edit import marked
from portal.mail.mime.tree import scan
from tests.mail.mime.mails import HEAD, markers, problems, split, whole


def test_nobody_outside_can_say_which_attachment_goes_where() -> None:
    forged = b"X-Portal-Part: 1\r\n"
    raw = (
        HEAD
        + forged
        + (
            b"x-portal-part : 1\r\n"
            b"Content-Type: multipart/mixed; boundary=m\r\n\r\n" + forged + b"--m\r\n"
            b"Content-Type: text/plain\r\n" + forged + b"\r\n" + forged + b"\r\n--m\r\n"
            b"Content-Type: image/png\r\nX-Portal-Part: 7\r\n 8\r\n\r\nPNG\r\n--m--\r\n"
        )
    )

    mail = split(raw)

    assert mail.parts == (b"PNG",)
    assert markers(mail.skeleton) == [1]


PIECES = st.sampled_from(
    [
        *(
            b"\r\n",
            b"\n",
            b"\r",
            b" ",
            b"--a",
            b"--a--",
            b"--b",
            b"--b--",
            b"x",
            b"=",
            b":",
        ),
        *(
            b"X-Portal-Part: 1",
            b"x-portal-part:2",
            b"Bcc: e@x.example",
            b"\x00",
            b"\xff",
        ),
        *(b"Content-Type: multipart/mixed; boundary=a", b"Content-Type: image/png"),
        *(
            b'Content-Type: multipart/related; boundary="b"',
            b"Content-Type: text/plain",
        ),
        *(
            b"Content-Type: multipart/signed; boundary=b",
            b"Content-Type: message/rfc822",
        ),
        *(b"Content-Transfer-Encoding: base64", b"Content-Disposition: attachment"),
        *(b"Content-Type: text/calendar", b"Content-Type: text/html; charset=no"),
        *(
            b"Content-Type: multipart/alternative; boundary=b",
            b"Content-Type: multipart/digest; boundary=b",
        ),
        *(
            b"Content-Transfer-Encoding: x-uuencode",
            b"Content-Transfer-Encoding: quoted-printable",
        ),
        *(b"AAAA", b"From: a@x.example", b"Subject: s", b"\r\n\r\n", b"\r\n--a\r\n"),
        *(b"\r\n--b\r\n", b"\r\n--a--\r\n", b"\r\n--b--\r\n"),
    ]
)


@given(st.lists(PIECES, max_size=40).map(b"".join))
def test_whatever_comes_in_the_skeleton_says_what_was_detached(soup: bytes) -> None:
    start = b"To: ben@x.example\r\nContent-Type: multipart/mixed; boundary=a\r\n"
    try:
        mail = split(start + soup)
    except InvalidMessage:
        return

    assert markers(mail.skeleton) == list(range(1, len(mail.parts) + 1))
    assert not scan(mail.skeleton).values("bcc")
    assert mail.skeleton.count(b"\r\n") == mail.skeleton.count(b"\n")
    assert mail.skeleton.count(b"\r\n") == mail.skeleton.count(b"\r")
    again = split(whole(mail))
    assert again.parts == mail.parts
    assert again.envelope.to == mail.envelope.to


@given(st.lists(PIECES, max_size=40).map(b"".join))
def test_whatever_comes_nothing_of_it_vanishes(soup: bytes) -> None:
    start = b"To: ben@x.example\r\nContent-Type: multipart/mixed; boundary=a\r\n"
    try:
        mail = split(start + soup)
    except InvalidMessage:
        return

    read = mime.outline(mail.skeleton)

    kept = [part for part in scan(mail.skeleton).walk() if not part.children]
    there = [part for part in kept if not (marked(part) or blank(mail.skeleton, part))]
    said = [text for text in (read.text, read.html) if text is not None]
    assert len(read.attachments) == len(mail.parts)
    assert len(there) == len(said) or read.whole or read.obstacle


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Subject", "S\r\nBcc: evil@x.example"),
        ("Subject", "S\rBcc: evil@x.example"),
        ("To", "ben@x.example\nBcc: evil@x.example"),
        ("To", "ben@x.example\n Bcc: evil@x.example"),
        ("To", "ben@x.example\n Bcc: evil@x.example;"),
        ("To", "Ben\n Bcc: evil@x.example"),
        ("X-A\nBcc: evil@x.example", "x"),
        ("Bcc: evil@x.example\nX-A", "x"),
        ("Content-Language", "en\rBcc: evil@x.example"),
        ("Content-Language", "en\n\nevil"),
    ],
)
def test_a_line_break_in_a_value_starts_no_field(name: str, value: str) -> None:
    mail = MIMEText("hi")
    mail["To"] = "ben@x.example"
    mail[name] = value

    assert problems(mail)


@pytest.mark.parametrize(
    ("raw", "field", "reason"),
    [
        (b"", "to", "at least one"),
        (b"Subject: x\n\nhi", "to", "at least one"),
        (b"To: undisclosed-recipients:;\n\nhi", "to", "at least one"),
        (b"To: a@x.example, nobody, b@x.example\n\n", "to[1]", "not an email"),
        (b"To: a@x.example\nReply-To: x\n\n", "reply-to[0]", "not an email"),
        (b"To: a@x.example\nFrom: a@x.example, b@x.example\n\n", "from", "1"),
        (b"To: " + b"a@x.example," * 501 + b"\n\n", "to", "500"),
        (HEAD + b"Received: x\n" * 51 + b"\n", "received", "50"),
        (HEAD + b"X-A: " + b"a" * 1_000_000 + b"\n\n", "message", "1000000"),
        (HEAD + b"X:\n" * 20_001 + b"\n", "message", "20000"),
        (HEAD + b"X-A:\n" + b" a\n" * 400_000 + b"\n", "message", "1000000"),
    ],
)
def test_a_mail_out_of_bounds_is_refused(raw: bytes, field: str, reason: str) -> None:
    found = problems(raw)

    assert list(found) == [field]
    assert reason in found[field]


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "field",
    [
        b"Content-Type: multipart/mixed" + b"; a=b" * 180_000,
        b"Content-Type: image/png" + b"; name*0*=a" * 80_000,
        b"Cc: " + b'"' * 900_001,
        b"Cc: " + b"a<" * 450_000,
        b"Cc: " + b"(" * 900_000,
        b"Subject: " + b"=?utf-8?q?a?= " * 60_000,
        b"Subject: " + b"=?" * 450_000,
        b"X" * 20_000_000,
    ],
)
def test_a_long_header_is_read_in_bounded_time(field: bytes) -> None:
    try:
        said = {each.address for each in split(HEAD + field + b"\r\n\r\n").envelope.to}
    except InvalidMessage as refused:
        said = {each.field for each in refused.problems}

    assert said in ({"ben@x.example"}, {"cc[0]"}, {"message"})


@pytest.mark.parametrize(
    "value",
    [
        b'x/y; a="' + b";" * 7980,
        b"x/y" + b";a=b" * 1990,
        b"x/y" + b";a=b" * 255,
        b"x/y" + b";a*0*=b" * 1100,
        b"x/y" + b'; a=\\"' * 1300,
        b"text/plain" + b"".join(b";n*%d*=%%41" % number for number in range(700)),
    ],
    ids=lambda value: value[:20].decode(),
)
def test_many_parameters_are_read_in_bounded_time(value: bytes) -> None:
    part = b"\r\n--b\r\nContent-Type: " + value + b"\r\nContent-Disposition: inline; "
    part += value.partition(b";")[2] + b"\r\n\r\nhi"
    start = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n"
    raw = start + part * min(900_000 // len(part), 990) + b"\r\n--b--\r\n"
    before = time.process_time()

    mime.outline(split(raw).skeleton)

    assert time.process_time() - before < 2


@pytest.mark.parametrize("name", ["\U0001f600" * 255, "漢" * 255, ";" * 255])
def test_the_longest_name_that_we_write_is_read(name: str) -> None:
    head = f"Content-Disposition: attachment;\r\n {header.file_name(name)}\r\n\r\n"

    [leaf] = mime.outline(split(HEAD + head.encode() + b"x").skeleton).attachments

    assert leaf.name == name


def test_too_deep_or_too_many_parts_are_refused() -> None:
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level)
        for level in range(31)
    )
    many = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 1001

    assert "30" in problems(HEAD + deep)["message"]
    assert "1000" in problems(HEAD + many)["message"]
