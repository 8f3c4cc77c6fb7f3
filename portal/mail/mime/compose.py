"""The skeleton of a structured message: complete, but with empty attachments."""

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from uuid import uuid4

from portal.mail.message import Address, Attachment, Message
from portal.mail.mime import header
from portal.mail.mime.edit import crlf, mark

_LONGEST_LINE = 900  # bytes; RFC 5322 section 2.1.1 allows 998
_X_PRIORITY = {"high": "1", "low": "5"}


def compose(
    message: Message,
    *,
    sender: Address,
    message_id: str,
    date: datetime,
    numbers: Sequence[int] = (),
) -> bytes:
    """Return the whole mail but for what is in its attachments.

    They are numbered from 1, unless their `numbers` are given. Bcc is left out: who
    gets it unseen is for the envelope to know.
    """
    head = [
        header.address_field("From", [sender]),
        *_addressed(message),
        header.field("Subject", message.subject),
        f"Date: {format_datetime(date)}\r\n".encode(),
        f"Message-ID: {message_id}\r\n".encode(),
        *_priority(message),
        *(header.field(name, value) for name, value in message.headers.items()),
        b"MIME-Version: 1.0\r\n",
    ]
    given = numbers or range(1, len(message.attachments) + 1)
    return b"".join(head) + _body(message, given)


def new_message_id(domain: str) -> str:
    """Return a Message-ID that nobody used before."""
    return f"<{uuid4()}@{domain}>"


def _addressed(message: Message) -> list[bytes]:
    lists = {"To": message.to, "Cc": message.cc, "Reply-To": message.reply_to}
    return [header.address_field(name, who) for name, who in lists.items() if who]


def _priority(message: Message) -> list[bytes]:
    if message.priority == "normal":
        return []
    number = _X_PRIORITY[message.priority]
    return [f"Importance: {message.priority}\r\nX-Priority: {number}\r\n".encode()]


def _body(message: Message, numbers: Sequence[int]) -> bytes:
    leaves = [
        (attachment.content_id is not None, _leaf(number, attachment))
        for number, attachment in zip(numbers, message.attachments, strict=True)
    ]
    shown = [leaf for inline, leaf in leaves if inline]
    files = [leaf for inline, leaf in leaves if not inline]
    if message.html is None:
        texts = [_text("plain", message.text or "")]
        return _multipart("mixed", [*texts, *shown, *files])
    pages = [_multipart("related", [_text("html", message.html), *shown])]
    if message.text is not None:
        pages = [_text("plain", message.text), *pages]
    return _multipart("mixed", [_multipart("alternative", pages), *files])


def _multipart(kind: str, parts: Sequence[bytes]) -> bytes:
    if len(parts) == 1:
        return parts[0]
    # "=_" can stand in neither base64 nor quoted-printable (RFC 2045 section 6.7).
    boundary = f"=_{uuid4().hex}"
    start = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    between = f"--{boundary}\r\n".encode()
    inner = b"".join(between + part + b"\r\n" for part in parts)
    return start + inner + f"--{boundary}--\r\n".encode()


def _text(kind: str, text: str) -> bytes:
    data = crlf(text.encode())
    if not data.endswith(b"\r\n"):
        data += b"\r\n"
    encoding, encoded = _encoded(data)
    start = f"Content-Type: text/{kind}; charset=utf-8\r\n"
    return f"{start}Content-Transfer-Encoding: {encoding}\r\n\r\n".encode() + encoded


def _encoded(data: bytes) -> tuple[str, bytes]:
    longest = max(len(line) for line in data.split(b"\r\n"))
    if longest <= _LONGEST_LINE and re.fullmatch(rb"[\x01-\x7f]*", data):
        return "7bit", data
    printable = b2a_qp(data)
    packed = crlf(encodebytes(data))
    if len(printable) <= len(packed):
        return "quoted-printable", printable
    return "base64", packed


def _leaf(number: int, attachment: Attachment) -> bytes:
    inline = attachment.content_id is not None
    disposition = "inline" if inline else "attachment"
    lines = [
        f"Content-Type: {_media_type(attachment)}",
        f"Content-Disposition: {disposition};\r\n {header.file_name(attachment.name)}",
        *([f"Content-ID: <{attachment.content_id}>"] if inline else []),
        "Content-Transfer-Encoding: base64",
    ]
    fields = "".join(f"{line}\r\n" for line in lines).encode()
    return fields + mark(number) + b"\r\n"


def _media_type(attachment: Attachment) -> str:
    # RFC 2046 section 5.2.1 forbids base64 for a message inside a message; as a plain
    # file it arrives unharmed, and opens by its name.
    if attachment.content_type.startswith("message/"):
        return "application/octet-stream"
    return attachment.content_type
