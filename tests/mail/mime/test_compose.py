"""A message that is composed and rendered says what it said before."""

import email
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.mail import mime
from portal.mail.message import Address, Attachment, Message

DATE = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOREPLY = Address(address="noreply@contoso.example", name="Contoso Ltd.")
TO = "ann@contoso.example"
MIB = 1024 * 1024

LINE = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]))
NAME = LINE.map(str.strip).map(lambda text: text[:250])
FILE_NAME = (
    st.text(
        st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]),
        min_size=1,
        max_size=255,
    )
    .map(lambda text: text.replace("/", "_").replace("\\", "_").strip())
    .filter(lambda text: text not in {"", ".", ".."})
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def skeleton(message: Message) -> bytes:
    return mime.compose(
        message, sender=NOREPLY, message_id="<1@contoso.example>", date=DATE
    )


def rendered(message: Message, bcc: Sequence[Address] = ()) -> bytes:
    files = message.attachments
    sizes = [each.size for each in files]
    kept = skeleton(message)
    whole = b"".join(mime.render(kept, lambda n: files[n - 1].chunks(), bcc=bcc))
    assert mime.rendered_size(kept, sizes, bcc) == len(whole)
    return whole


def received(message: Message, bcc: Sequence[Address] = ()) -> EmailMessage:
    return email.message_from_bytes(rendered(message, bcc), policy=policy.default)


def lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")


def unencoded(name: str) -> str:
    return str(make_header(decode_header(name)))


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return lines(part.get_content())


def test_a_plain_message_is_one_part() -> None:
    mail = received(
        Message(to=f"Ann <{TO}>", cc=TO, reply_to=TO, text="hi", subject="S")
    )

    assert mail.get_content_type() == "text/plain"
    assert mail["From"] == '"Contoso Ltd." <noreply@contoso.example>'
    assert (mail["To"], mail["Cc"], mail["Reply-To"]) == (f"Ann <{TO}>", TO, TO)
    assert (mail["Subject"], mail["Message-ID"]) == ("S", "<1@contoso.example>")
    assert mail["Date"].datetime == DATE
    assert body(mail, "plain") == "hi"


def test_text_and_html_are_alternatives_with_images_beside_the_html() -> None:
    message = Message(
        to=TO,
        text="hi",
        html="<img src=cid:logo>",
        attachments=[
            Attachment(b"pdf", "a.pdf"),
            Attachment(b"png", "l.png", content_id="logo"),
        ],
    )

    mail = received(message)

    assert [part.get_content_type() for part in mail.walk()] == [
        *("multipart/mixed", "multipart/alternative", "text/plain"),
        *("multipart/related", "text/html", "image/png", "application/pdf"),
    ]
    image = next(part for part in mail.walk() if part["Content-ID"])
    assert (image["Content-ID"], image.get_content_disposition()) == (
        "<logo>",
        "inline",
    )


def test_an_inline_file_without_html_is_still_sent() -> None:
    mail = received(Message(to=TO, attachments=[Attachment(b"x", "a", content_id="x")]))

    assert [part.get_content_type() for part in mail.walk()][0] == "multipart/mixed"
    assert [part.get_payload(decode=True) for part in mail.iter_attachments()] == [b"x"]


@pytest.mark.parametrize(("priority", "number"), [("high", "1"), ("low", "5")])
def test_a_priority_is_written_for_old_and_new_readers(
    priority: str, number: str
) -> None:
    message = Message.model_validate({"to": TO, "priority": priority})

    mail = received(message)

    assert (mail["Importance"], mail["X-Priority"]) == (priority, number)
    assert received(Message(to=TO))["Importance"] is None


def test_bcc_is_nowhere_in_the_skeleton() -> None:
    message = Message(to=TO, bcc="Secret <secret@contoso.example>")

    assert b"secret" not in skeleton(message).lower()
    assert received(message, message.bcc)["Bcc"] == "Secret <secret@contoso.example>"


def test_long_message_ids_are_not_encoded() -> None:
    ids = " ".join(f"<{letter * 90}@contoso.example>" for letter in "abc")

    raw = rendered(Message(to=TO, headers={"References": ids}))

    assert ids in raw.replace(b"\r\n", b"").decode()


def test_an_address_of_any_script_is_written_as_utf8() -> None:
    raw = rendered(Message(to="jürgen@bücher.example"))

    assert "To: jürgen@xn--bcher-kva.example\r\n".encode() in raw


def test_an_attached_message_is_a_file() -> None:
    message = Message(to=TO, attachments=[Attachment(b"Subject: x\n\nhi", "a.eml")])

    [part] = received(message).iter_attachments()

    assert part.get_content_type() == "application/octet-stream"
    assert part.get_payload(decode=True) == b"Subject: x\n\nhi"


def test_every_message_id_is_new() -> None:
    first, second = mime.new_message_id("x.example"), mime.new_message_id("x.example")

    assert first != second
    assert first.endswith("@x.example>")


@given(subject=LINE.map(lambda text: text[:998]), value=LINE.map(str.strip))
@example(subject="=?utf-8?q?no?=", value="a  b")
@example(subject=" both ends ", value="x" * 2000)
@example(subject="s" * 998, value="word " * 399 + "end")
@example(subject="😀" * 499, value="ü" * 1000)
def test_headers_come_back_as_they_were(subject: str, value: str) -> None:
    mail = received(
        Message(to=TO, subject=subject, headers={"X-Some-Long-Name": value})
    )

    assert mail["Subject"] == subject
    assert mail["X-Some-Long-Name"] == value


@given(st.lists(NAME, min_size=1, max_size=5))
@example(['Doe, "Jane" <x@y.example>', "J. Doe", "a  b", "=?utf-8?q?no?=", "ü" * 250])
def test_names_come_back_as_they_were(names: list[str]) -> None:
    people = [Address(address=TO, name=name) for name in names]

    # The newer policy of Python 3.11 puts spaces between the encoded words of a name.
    mail = email.message_from_bytes(rendered(Message(to=people)))

    listed = getaddresses([str(mail["To"])])
    assert [(unencoded(name), address) for name, address in listed] == [
        (name, TO) for name in names
    ]


@given(text=TEXT, html=TEXT)
@example(text="", html="")
@example(text="x" * 5000, html="ü" * 5000)
@example(text="X-Portal-Part: 1\n\n.\nFrom me\n", html="\r\n--=_\r\n")
@example(text="a \nb\t\n\0", html="\r\r\n\n")
def test_bodies_come_back_as_they_were(text: str, html: str) -> None:
    mail = received(Message(to=TO, text=text, html=html))

    assert body(mail, "plain") == lines(text)
    assert body(mail, "html") == lines(html)


@given(FILE_NAME, st.binary(max_size=300))
@example('a "b"; c=d', b"")
@example("=?utf-8?q?no?=.txt", b"x" * 57)
@example("ü" * 255, b"x" * 58)
@example("a%20b'c''d", b"\r\n--x\r\n")
def test_files_come_back_as_they_were(name: str, content: bytes) -> None:
    mail = received(Message(to=TO, attachments=[Attachment(content, name=name)]))

    [part] = mail.iter_attachments()
    assert part.get_filename() == name
    assert part.get_payload(decode=True) == content


@given(subject=LINE.map(lambda text: text[:998]), name=FILE_NAME, text=TEXT)
def test_no_line_is_longer_than_mail_allows(subject: str, name: str, text: str) -> None:
    raw = rendered(
        Message(to=TO, subject=subject, text=text, attachments=[Attachment(b"", name)])
    )

    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n")


@given(st.lists(st.integers(0, 500), max_size=5), st.integers(1, 200))
def test_base64_is_the_same_however_it_is_cut(cuts: list[int], size: int) -> None:
    content = bytes(sum(cuts))
    message = Message(to=TO, attachments=[Attachment(content, "a")])
    kept = skeleton(message)

    whole = b"".join(mime.render(kept, lambda _: [bytes(cut) for cut in cuts]))
    cut = b"".join(mime.render(kept, lambda n: message.attachments[n - 1].chunks(size)))

    assert whole == cut


def test_a_long_file_is_rendered_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "long.bin"
    with path.open("wb") as file:
        file.truncate(10 * MIB)
    tracemalloc.start()

    message = Message(to=TO, attachments=[Attachment(path)])
    kept = skeleton(message)
    pieces = mime.render(kept, lambda n: message.attachments[n - 1].chunks())
    size = sum(len(piece) for piece in pieces)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size == mime.rendered_size(kept, [10 * MIB])
    assert len(kept) < 2000
    assert peak < 2 * MIB


def test_a_rendered_file_has_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "some.bin"
    path.write_bytes(bytes(range(256)) * 5000)

    [part] = received(Message(to=TO, attachments=[Attachment(path)])).iter_attachments()

    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert sha256(content).digest() == sha256(path.read_bytes()).digest()
