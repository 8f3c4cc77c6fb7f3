"""What a transport that does not speak MIME is told about a mail."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from portal.mail import mime
from portal.mail.message import Address, Attachment, Message
from tests.mail.mime.mails import HEAD, split, written

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
    assert (read.whole, read.expressible) == (False, True)
    assert read.attachments == (
        mime.Leaf(
            number=1,
            name="a.pdf",
            content_type="application/pdf",
            content_id="",
            inline=False,
        ),
        mime.Leaf(
            number=2,
            name="l.png",
            content_type="image/png",
            content_id="logo",
            inline=True,
        ),
    )


@pytest.mark.parametrize(
    ("message", "expressible"),
    [
        (Message(to="a@x.example"), True),
        (Message(to="a@x.example", text="x"), True),
        (Message(to="a@x.example", html="x", attachments=[FILE, LOGO]), True),
        (Message(to="a@x.example", text="x", html="x"), False),
        (Message(to="a@x.example", headers={"X-A": "1"}), True),
        (Message(to="a@x.example", headers={"References": "<1@x.example>"}), False),
        (Message(to="a@x.example", headers={f"X-{n}": "1" for n in range(5)}), True),
        (Message(to="a@x.example", headers={f"X-{n}": "1" for n in range(6)}), False),
    ],
)
def test_it_says_whether_json_can_carry_all_of_it(
    message: Message, expressible: bool
) -> None:
    assert outline(message).expressible is expressible


PARTS = (
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\n%b\r\n--b\r\n%b\r\n--b--\r\n"
)
TEXT = b"Content-Type: text/plain\r\n\r\nx"


@pytest.mark.parametrize(
    ("parts", "expressible"),
    [
        ([TEXT, b"Content-Type: image/png\r\n\r\nx"], True),
        ([TEXT, b"Content-Type: message/rfc822\r\n\r\nx"], True),
        ([TEXT, TEXT], False),
        ([TEXT, b"Content-Type: text/calendar\r\n\r\nx"], False),
        ([TEXT, b"Content-Type: application/pkcs7-mime\r\n\r\nx"], False),
        ([TEXT, b"Content-Transfer-Encoding: x-uuencode\r\n\r\nx"], False),
    ],
)
def test_a_mail_from_outside_may_say_more_than_json_can(
    parts: Sequence[bytes], expressible: bool
) -> None:
    assert outlined(HEAD + PARTS % tuple(parts)).expressible is expressible


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
    assert (read.headers, read.expressible) == ((("X-Id", "7"),), False)
