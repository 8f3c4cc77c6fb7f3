"""What stands in a mail, as the standard library reads it: the judge is not ours."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from hashlib import sha256

from portal.mail.message.address import Address, checked

# Microsoft writes From and what stands for it; the rest is not passed on.
REWRITTEN = ("from", "sender", "bcc", "return-path", "auto-submitted", "resent-bcc")
ADDED = ("message-id", "date", "mime-version")  # where a mail has none
PEOPLE = ("to", "cc", "reply-to")


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """One part of a mail that has no parts."""

    type: str
    name: str
    content_id: str
    sha256: str  # of a text with its line breaks made one kind


def lines(data: bytes) -> bytes:
    """Return it with CRLF at the end of every line."""
    return re.sub(rb"\r\n|\r|\n", b"\r\n", data)


def apart(raw: bytes) -> tuple[list[bytes], bytes]:
    """Return the header fields as they stand, and the body."""
    head, _, body = raw.partition(b"\r\n\r\n")
    fields = re.findall(rb"[^\r\n]+(?:\r\n[ \t][^\r\n]*)*", head)
    return fields, body


def name_of(field: bytes) -> str:
    return field.partition(b":")[0].strip().decode("latin-1").lower()


def kept(raw: bytes, names: Iterable[str]) -> list[bytes]:
    """Return the fields of a header but for these."""
    unwanted = {*names}
    return [each for each in apart(raw)[0] if name_of(each) not in unwanted]


def canonical(raw: bytes) -> bytes:
    """Return a mail as it is to arrive, but for its header."""
    raw = re.sub(rb"\AFrom [^\r\n]*\r\n", b"", raw)
    if b"Encoding: binary" in raw:
        return raw  # every byte counts, in that part
    return lines(raw)


def headers(raw: bytes) -> dict[str, list[str]]:
    """Return what the fields of a header say, by name."""
    found: dict[str, list[str]] = {}
    for field in apart(lines(raw))[0]:
        name, value = name_of(field), field.partition(b":")[2]
        if not name.startswith("content-"):
            found.setdefault(name, []).append(_said(name, value))
    return found


def _said(name: str, value: bytes) -> str:
    text = re.sub(rb"\r\n(?=[ \t])", b"", value).decode("utf-8", "replace").strip()
    if name in PEOPLE:
        return "; ".join(map(_person, getaddresses([text.replace(",,", ",")])))
    return re.sub(r"\s+", " ", decoded(text))


def _person(pair: tuple[str, str]) -> str:
    name, address = decoded(pair[0]), pair[1]
    return f"{name} <{checked(Address(address=address)).address}>" if address else ""


def decoded(text: str) -> str:
    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError):
        return text


def leaves(raw: bytes) -> list[Leaf]:
    """Return the parts of a mail, in their order."""
    return [_leaf(part) for part in parts(message_from_bytes(raw))]


def parts(mail: Message) -> Iterator[Message]:
    if mail.get_content_maintype() == "message" or not mail.is_multipart():
        yield mail
    else:
        for part in mail.get_payload():
            yield from parts(part)  # type: ignore[arg-type]


def _leaf(part: Message) -> Leaf:
    return Leaf(
        type=part.get_content_type(),
        name=decoded(part.get_filename() or ""),
        content_id=str(part.get("content-id", "")).strip().strip("<>"),
        sha256=sha256(content(part)).hexdigest(),
    )


def content(part: Message) -> bytes:
    """Return what is in a part; of what is text, with one kind of line breaks."""
    if part.is_multipart():
        whole = b"".join(each.as_bytes() for each in part.get_payload())  # type: ignore[union-attr]
        return lines(whole).rstrip()
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    if part.get_content_maintype() != "text":
        return data
    with suppress(LookupError, ValueError):
        data = data.decode(part.get_content_charset("utf-8")).encode()
    return lines(data).rstrip()
