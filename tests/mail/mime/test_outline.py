"""What a transport that does not speak MIME is told about a mail."""

import tracemalloc
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from portal.mail import mime
from portal.mail.message import Address, Attachment, Message
from tests.mail.mime.mails import HEAD, split, written

MIB = 1024 * 1024
ANN = Address(address="ann@x.example", name="Ann")
FILE = Attachment(b"PDF", "a.pdf")
LOGO = Attachment(b"PNG", "l.png", content_id="logo")


def outline(message: Message) -> mime.Outline:
    date = datetime(2026, 11, 20, tzinfo=UTC)
    skeleton = mime.compose(message, sender=ANN, message_id="<1@x.example>", date=date)
    return mime.outline(skeleton)


def outlined(mail: bytes | EmailMessage) -> mime.Outline:
    return mime.outline(split(mail).skeleton)


def test_a_composed_message_is_read_back() -> None:
    message = Message(
        to="Ben <ben@x.example>",
        cc=["c@x.example", "d@x.example"],
        reply_to="r@x.example",
        subject="Grüße",
        html="<p>ü</p>\n",
        headers={"X-Id": "7"},
        priority="low",
        attachments=[FILE, LOGO],
    )

    read = outline(message)

    assert (read.sender, read.to, read.cc) == (ANN, message.to, message.cc)
    assert (read.reply_to, read.subject) == (message.reply_to, message.subject)
    assert (read.html, read.text, read.importance) == ("<p>ü</p>\n", None, "low")
    assert (read.headers, read.message_id) == ((("X-Id", "7"),), "<1@x.example>")
    assert (read.whole, read.obstacle) == (False, "")
    assert read.attachments == (
        mime.Leaf(
            number=1,
            name="a.pdf",
            content_type="application/pdf",
            content_id="",
            shown=False,
            encoding="",
            size=None,
        ),
        mime.Leaf(
            number=2,
            name="l.png",
            content_type="image/png",
            content_id="logo",
            shown=False,
            encoding="",
            size=None,
        ),
    )


PARTS = (
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\n%b\r\n--b\r\n%b\r\n--b--\r\n"
)
TEXT = b"Content-Type: text/plain\r\n\r\nx"
PACKED = b"Content-Transfer-Encoding: x-uuencode\r\n\r\nx"


@pytest.mark.parametrize(
    ("first", "second", "obstacle"),
    [
        (TEXT, b"Content-Type: image/png\r\n\r\nx", ""),
        (TEXT, b"Content-Type: message/rfc822\r\n\r\nx", ""),
        (TEXT, b"Content-Type: text/calendar\r\n\r\nx", ""),
        (TEXT, TEXT, ""),
        (TEXT, b"\r\n \r\n", ""),
        (TEXT, b"Content-Type: text/plain; charset=x\r\n\r\n\xff", ""),
        (b"\r\n\xff", TEXT, "text/plain"),
        (b"Content-Type: text/html; charset=X-No\r\n\r\nx", TEXT, "text/html, x-no"),
        (b"Content-Type: text/html; charset=utf-8\r\n\r\n\xfc", TEXT, "text/html, utf"),
        (
            b"Content-Type: text/html; charset=utf-7\r\n\r\n+2AA-",
            TEXT,
            "text/html, utf",
        ),
        (TEXT, PACKED, "text/plain, x-uuencode"),
        (TEXT, b"Content-Type: image/png\r\n" + PACKED, "image/png, x-uuencode"),
        (TEXT, b"Content-Type: multipart/mixed\r\n\r\nx", "multipart/mixed"),
        (TEXT, b"Content-Type: a\x1b/b\r\n" + PACKED, "a?/b, x-uuencode"),
    ],
)
def test_what_nobody_can_read_is_named(
    first: bytes, second: bytes, obstacle: str
) -> None:
    assert obstacle in outlined(HEAD + PARTS % (first, second)).obstacle
    assert bool(outlined(HEAD + PARTS % (first, second)).obstacle) is bool(obstacle)


def test_a_structure_that_says_something_is_named() -> None:
    report = (PARTS % (TEXT, TEXT)).replace(b"mixed", b"report")

    assert outlined(HEAD + report).obstacle == "the structure multipart/report"


def test_a_text_beside_an_html_may_be_unreadable() -> None:
    html = b"Content-Type: text/html\r\n\r\nx"
    both = (PARTS % (b"\r\n\xff", html)).replace(b"mixed", b"alternative")

    read = outlined(HEAD + both)

    assert (read.html, read.text, read.obstacle) == ("x", "\ufffd", "")


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        (b"text/calendar; method=REQUEST", "invite.ics"),
        (b"text/plain", "attachment-1.txt"),
        (b"text/csv", "attachment-1.csv"),
        (b"text/html", "attachment-1.html"),
    ],
)
def test_a_text_that_is_not_the_body_is_a_file_with_a_name(
    type_: bytes, name: str
) -> None:
    part = b"Content-Type: " + type_ + b"\r\n\r\nx"
    first = b"Content-Type: text/html\r\n\r\nbody"

    [leaf] = outlined(HEAD + PARTS % (first, part)).attachments

    assert (leaf.name, leaf.shown) == (name, True)
    assert leaf.content_type == type_.split(b";")[0].decode()


@pytest.mark.parametrize(
    ("field", "importance"),
    [
        ("Importance: High", "high"),
        ("X-Priority: 1 (Highest)", "high"),
        ("X-MSMail-Priority: Low", "low"),
        ("Priority: non-urgent", "low"),
        ("X-Priority: 3", "normal"),
        ("X-A: 1", "normal"),
    ],
)
def test_every_way_to_say_important_is_understood(field: str, importance: str) -> None:
    read = outlined(HEAD + field.encode() + b"\r\n\r\n")

    assert read.importance == importance


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        (b'Content-Disposition: attachment; filename="../a.pdf"', "a.pdf"),
        (b'Content-Disposition: attachment; filename="r\xc3\xa9.pdf"', "ré.pdf"),
        (b"Content-Disposition: attachment; filename*=utf-8''r%C3%A9.pdf", "ré.pdf"),
        (b'Content-Disposition: attachment; filename="=?utf-8?b?csOp?="', "ré"),
        (b"Content-Disposition: attachment", "attachment-1.png"),
        (b'Content-Disposition: attachment; filename="a/.."', "attachment-1.png"),
        (b'Content-Disposition: attachment; filename="C:\\\x1b a"', "a"),
    ],
)
def test_a_file_has_a_name_whatever_was_sent(fields: bytes, name: str) -> None:
    read = outlined(HEAD + b"Content-Type: image/png\r\n" + fields + b"\r\n\r\nx")

    assert read.attachments[0].name == name


@pytest.mark.parametrize(
    ("charset", "encoding", "data"),
    [
        ("iso-8859-1", "8bit", b"Gr\xfc\xdfe"),
        ("utf-8", "quoted-printable", b"Gr=C3=BC=C3=9Fe"),
        ("utf-8", "base64", b"R3LDvMOfZQ=="),
        ("no-such-charset", "8bit", b"Gr\xfc\xdfe"),
    ],
)
def test_a_text_is_read_in_its_charset(
    charset: str, encoding: str, data: bytes
) -> None:
    fields = f"Content-Type: text/plain; charset={charset}\r\n"
    fields += f"Content-Transfer-Encoding: {encoding}\r\n\r\n"

    assert outlined(HEAD + fields.encode() + data).text == "Grüße"


def test_a_written_mail_is_outlined() -> None:
    mail = written(From="Ann <ann@x.example>", Subject="S", X_Id="7")
    mail.add_alternative("<p>hi</p>\n", subtype="html")

    read = outlined(mail)

    assert (read.text, read.html, read.sender) == ("hi\n", "<p>hi</p>\n", ANN)
    assert (read.headers, read.obstacle) == ((("X-Id", "7"),), "")


@pytest.mark.parametrize(
    ("part", "encoding", "size"),
    [
        (
            b"Content-Type: x/y\r\nContent-Transfer-Encoding: BASE64\r\n\r\nQUI=",
            "base64",
            2,
        ),
        (
            b"Content-Type: x/y\r\n"
            b"Content-Transfer-Encoding: quoted-printable\r\n\r\n=41=\r\nb",
            "quoted-printable",
            2,
        ),
        (b"Content-Type: message/rfc822\r\n\r\nTo: x\n\n", "", 9),
    ],
)
def test_an_attachment_says_how_it_is_kept(
    part: bytes, encoding: str, size: int
) -> None:
    [leaf] = outlined(HEAD + part).attachments

    assert (leaf.encoding, leaf.size) == (encoding, size)


@pytest.mark.parametrize(
    "start",
    [
        b"charset=utf-8\r\n\r\n\xf0\x9f\x98\x80",
        b"charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"=F0=9F=98=80",
    ],
    ids=["plain", "packed"],
)
def test_a_long_text_is_read_when_asked_for_and_in_little_memory(start: bytes) -> None:
    head = HEAD + b"Content-Type: text/html; " + start
    skeleton = split(head + b"<p>abc def</p>\r\n" * 190_000).skeleton

    tracemalloc.start()
    told = mime.outline(skeleton)
    unasked = tracemalloc.get_traced_memory()[1]
    assert told.html is not None
    assert told.obstacle == ""
    asked = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert unasked < 12 * MIB
    assert asked < 24 * MIB
