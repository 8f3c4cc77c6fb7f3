"""A finished mail is taken apart and put together again."""

import email
from email import policy
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formataddr
from hashlib import sha256

import pytest

from portal.mail import mime
from portal.mail.message import Address
from tests.mail.mime.mails import (
    DATE,
    HEAD,
    Split,
    parsed,
    problems,
    split,
    whole,
    written,
)


def test_the_envelope_is_read_from_the_headers() -> None:
    mail = split(
        written(
            From="Ann <ann@x.example>",
            to='"Doe, Ben" <ben@x.example>, =?utf-8?q?C=C3=A9leste?= <c@x.example>',
            Cc="Team: d@x.example, e@x.example;",
            Bcc="secret@x.example",
            Subject="Grüße",
        )
    )

    read = mail.envelope
    assert read.sender == Address(name="Ann", address="ann@x.example")
    assert read.to == (
        Address(name="Doe, Ben", address="ben@x.example"),
        Address(name="Céleste", address="c@x.example"),
    )
    assert [each.address for each in read.cc] == ["d@x.example", "e@x.example"]
    assert [each.address for each in read.bcc] == ["secret@x.example"]
    assert read.subject == "Grüße"


def test_bcc_and_what_is_for_servers_is_not_passed_on() -> None:
    raw = (
        b"Return-Path: <r@x.example>\nbcc : secret@x.example,\n secret2@x.example\n"
        b"Resent-Bcc: secret@x.example\n" + HEAD + b"\nhi\n"
    )

    mail = split(raw)

    assert len(mail.envelope.bcc) == 2
    assert b"secret" not in mail.skeleton
    assert b"Return-Path" not in mail.skeleton
    assert mail.skeleton.endswith(b"\r\n\r\nhi\r\n")


def test_what_a_mail_lacks_is_added() -> None:
    bare = split(b"To: ben@x.example\n\nhi\n")

    assert (bare.envelope.message_id, bare.envelope.sender) == ("<new@x.example>", None)
    assert parsed(bare)["Message-ID"] == "<new@x.example>"
    assert parsed(bare)["Date"].datetime == DATE


def test_a_new_message_id_has_the_domain_of_from() -> None:
    mail = split(b"From: Ann <ann@b\xc3\xbccher.example>\nTo: b@x.example\n\n")

    assert mail.envelope.message_id == "<new@xn--bcher-kva.example>"
    assert parsed(mail)["Message-ID"] == mail.envelope.message_id


def test_a_message_id_is_kept_unless_it_is_none() -> None:
    kept = split(HEAD + b"Message-ID: <old@x.example>\n\n")
    broken = split(HEAD + b"Message-ID: old\nMessage-ID: <a b>\n\n")

    assert kept.envelope.message_id == parsed(kept)["Message-ID"] == "<old@x.example>"
    assert parsed(broken).get_all("Message-ID") == ["<new@x.example>"]


def test_attachments_are_detached_and_come_back() -> None:
    mail = written(Subject="S")
    mail.add_alternative("<p>hi <img src=cid:i></p>\n", subtype="html")
    mail.add_attachment(b"\x00\xff" * 99, "application", "pdf", filename="ü.pdf")
    mail.add_attachment("text\n", filename="a.txt")
    mail.add_attachment(b"", "image", "png", cid="<i>", disposition="inline")

    taken = split(mail)

    assert taken.files == (b"\x00\xff" * 99, b"text\r\n", b"")
    assert b"AP8A" not in taken.skeleton
    assert contents(parsed(taken)) == contents(mail)


def contents(mail: EmailMessage) -> list[tuple[object, ...]]:
    return [
        (
            part.get_content_type(),
            part.get_filename(),
            part["Content-ID"],
            part.get_payload(decode=True).replace(b"\r\n", b"\n"),  # type: ignore[union-attr]
        )
        for part in mail.walk()
        if not part.is_multipart()
    ]


def test_an_attached_message_is_kept_as_it_is() -> None:
    inner = written(Subject="inner", X_Portal_Part="1")
    mail = written()
    mail.add_attachment(inner)

    taken = split(mail)

    assert b"Subject: inner" in taken.parts[0]
    assert b"inner" not in taken.skeleton
    attached = parsed(taken).get_payload(1)
    assert attached.get_content_type() == "message/rfc822"  # type: ignore[union-attr]
    assert attached.get_payload(0)["Subject"] == "inner"  # type: ignore[index,union-attr]


SIGNED = (
    b'Content-Type: multipart/signed; protocol="x"; boundary=s\r\n\r\n'
    b"--s\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n"
    b"--i\r\nContent-Type: application/pdf\r\nX-Portal-Part: 1\r\n\r\nPDF\r\n--i--\r\n"
    b"\r\n--s\r\nContent-Type: application/pkcs7-signature\r\n\r\nSIG\r\n--s--\r\n"
)


@pytest.mark.parametrize(
    "body",
    [
        SIGNED,
        SIGNED.replace(b"multipart/signed", b"Multipart/Encrypted"),
        b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n",
    ],
)
def test_what_is_sealed_stays_whole(body: bytes) -> None:
    mail = split(HEAD + body)

    sealed = body[body.index(b"\r\n\r\n") + 4 :]
    assert mail.parts == (sealed,)
    assert whole(mail).endswith(body)
    assert mime.outline(mail.skeleton).whole


def test_what_stands_beside_a_signed_part_is_detached() -> None:
    raw = HEAD + (
        b"Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n" + SIGNED + b"\r\n"
        b"--m\r\nContent-Type: application/pdf\r\n\r\nPDF\r\n--m--\r\n"
    )

    mail = split(raw)

    assert mail.parts == (SIGNED.partition(b"\r\n\r\n")[2], b"PDF")
    assert SIGNED in whole(mail)


def test_an_encoding_that_nobody_knows_is_kept_as_it_is() -> None:
    body = b"Content-Transfer-Encoding: x-uuencode\r\n\r\nA\r\n"

    mail = split(HEAD + b"Content-Type: image/png\r\n" + body)

    assert mail.parts == (b"A\r\n",)
    assert whole(mail).endswith(body)


@pytest.mark.parametrize("kind", [b"text/plain", b"image/png"])
def test_base64_that_is_none_is_refused_by_the_number_of_its_part(kind: bytes) -> None:
    part = b"Content-Type: %b\r\nContent-Transfer-Encoding: base64\r\n\r\nA!" % kind
    mixed = b"Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\nhi\r\n--m\r\n"

    assert problems(HEAD + part) == {"part 1": "is not base64"}
    assert problems(HEAD + mixed + part) == {"part 2": "is not base64"}


def test_a_folded_value_is_one_line() -> None:
    folded = email.message_from_bytes(HEAD + b"X-A: one\r\n two\r\n\r\nhi\r\n")

    assert parsed(split(folded))["X-A"] == "one two"


def test_an_old_style_mail_is_understood() -> None:
    mail = MIMEMultipart()
    mail["To"] = formataddr(("Jürgen, der Große", "j@x.example"))
    mail["Subject"] = "=?iso-8859-1?q?Gr=FC=DFe?="
    mail.attach(MIMEText("From here\nüber\n", "plain", "utf-8"))
    mail.attach(MIMEApplication(b"PDF", "pdf", name="a.pdf"))

    taken = split(mail)

    assert taken.envelope.to[0].name == parsed(taken)["To"].addresses[0].display_name
    assert (taken.envelope.to[0].name, taken.envelope.subject) == (
        "Jürgen, der Große",
        "Grüße",
    )
    assert taken.files == (b"PDF",)


def test_long_references_survive() -> None:
    ids = " ".join(f"<{letter * 90}@x.example>" for letter in "abc")

    raw = whole(split(written(References=ids)))

    assert ids.encode() in raw.replace(b"\r\n", b"")


def test_another_sender_replaces_whoever_it_was_from() -> None:
    mail = split(HEAD + b"Sender: x@x.example\r\n\r\nhi")

    skeleton = mime.with_sender(mail.skeleton, Address(name="Ü", address="u@x.example"))

    read = mime.outline(skeleton)
    assert read.sender == Address(name="Ü", address="u@x.example")
    assert b"ann@x.example" not in skeleton
    assert b"Sender" not in skeleton


def test_the_same_mail_written_again_means_the_same() -> None:
    def meant(mail: EmailMessage) -> bytes:
        taken = split(mail)
        digests = [sha256(part).hexdigest() for part in taken.parts]
        return mime.meaning(taken.skeleton, taken.envelope.bcc, digests)

    def again(content: bytes) -> bytes:
        mail = written(Subject="S")
        mail.add_attachment(content, "application", "pdf", filename="a.pdf")
        return meant(mail)

    assert again(b"PDF") == again(b"PDF")
    assert again(b"PDF") != again(b"pdf")
    assert meant(written(Bcc="a@x.example")) != meant(written())


def test_what_looks_like_a_boundary_means_something() -> None:
    def meant(number: int) -> bytes:
        field = b"X-Order: a; boundary=%d\r\n" % number
        return mime.meaning(split(HEAD + field + b"\r\nhi").skeleton, (), ())

    assert meant(1) == meant(1)
    assert meant(1) != meant(2)


def test_what_an_earlier_version_stored_is_put_together_still() -> None:
    skeleton = HEAD + (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: x/y\r\n"
        b"Content-Transfer-Encoding: base64\r\nX-Portal-Part: 1\r\n\r\n\r\n--b\r\n"
        b"Content-Type: message/rfc822\r\nX-Portal-Part: 2\r\n\r\n\r\n--b--\r\n"
    )

    made = whole(Split(skeleton=skeleton, parts=(b"AB", b"To: x"), envelope=NOBODYS))

    leaves = mime.outline(skeleton).attachments
    assert b"base64\r\n\r\nQUI=\r\n--b" in made
    assert b"rfc822\r\n\r\nTo: x\r\n--b--" in made
    assert [(leaf.encoding, leaf.size) for leaf in leaves] == [("", None)] * 2


NOBODYS = mime.Envelope(sender=None, to=(), cc=(), bcc=(), subject="", message_id="")


def test_a_binary_file_of_a_parsed_mail_keeps_its_line_breaks() -> None:
    raw = HEAD + (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
        b"Content-Type: x/y\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        b"\x00\xff\n\r\x01\r\n\n\r\n--b--\r\n"
    )
    mail = email.message_from_bytes(raw, policy=policy.default)

    assert split(mail).files == (b"\x00\xff\n\r\x01\r\n\n",)
    # Whose it is finds it as it was.
    assert [part["content-transfer-encoding"] for part in mail.walk()] == [
        None,
        "binary",
    ]
