"""Mail as bytes: its headers and lines, and what the pages show of it."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import Header, decode_header, make_header
from email.message import Message
from email.utils import format_datetime, formataddr, getaddresses
from typing import Any
from uuid import uuid4

FOLD_AFTER = 76

RawHeader = tuple[str, bytes]  # name, and the raw lines with it


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """An address, and the name beside it."""

    address: str
    name: str = ""

    @property
    def valid(self) -> bool:
        """Tell whether this parses as an address; existing is another matter."""
        local, at, domain = self.address.rpartition("@")
        return bool(local and at and domain) and not re.search(
            r"[\s<>,;]", self.address
        )


@dataclass(frozen=True, kw_only=True)
class Label:
    """What is said about a file."""

    name: str
    content_type: str
    inline: bool = False
    content_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class File(Label):
    """A small file, with its bytes."""

    content: bytes

    @property
    def size(self) -> int:
        """Return how many bytes there are."""
        return len(self.content)

    def read(self) -> Iterator[bytes]:
        """Return the bytes piece by piece, which is one."""
        yield self.content


def split(source: bytes) -> tuple[list[RawHeader], bytes]:
    """Return the headers with their raw lines, and the rest from the empty line on."""
    match = re.search(rb"\r?\n\r?\n", source)
    end = match.start() if match else len(source)
    lines = re.findall(rb"[^\n]+(?:\n[ \t][^\n]*)*\n?", source[:end])
    headers = []
    for line in lines:
        name = line.split(b":", 1)[0].decode("ascii", "replace").strip()
        headers.append((name, line.rstrip(b"\r\n") + b"\r\n"))
    return headers, source[end:].lstrip(b"\r\n") if match else b""


def rewrite(source: bytes, drop: Iterable[str], add: Iterable[str] = ()) -> bytes:
    """Return the mail without some headers and with new lines; the body untouched."""
    unwanted = {name.lower() for name in drop}
    headers, body = split(source)
    kept = [line for name, line in headers if name.lower() not in unwanted]
    new = [f"{line}\r\n".encode() for line in add]
    return b"".join([*new, *kept]) + b"\r\n" + body


def texts(source: bytes) -> dict[str, list[str]]:
    """Return the decoded values of all headers, by lower-case name."""
    found: dict[str, list[str]] = {}
    for name, line in split(source)[0]:
        found.setdefault(name.lower(), []).append(_decoded(line))
    return found


def _decoded(line: bytes) -> str:
    text = line.split(b":", 1)[-1].decode("utf-8", "replace")
    text = re.sub(r"\r?\n[ \t]+", " ", text).strip()
    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError):
        return text


def recipients(values: Iterable[str]) -> list[Recipient]:
    """Read address headers; what the library cannot read names nobody."""
    try:
        pairs = getaddresses(list(values))
    except RecursionError:  # of comments within comments
        return []
    return [Recipient(address=address, name=name) for name, address in pairs if address]


def look(source: bytes) -> dict[str, Any]:
    """Return what the pages and tests want to see of a mail."""
    parsed = message_from_bytes(source)
    parts = [part for part in parsed.walk() if not part.is_multipart()]
    files = [part for part in parts if _is_file(part)]
    shown = [part for part in parts if not _is_file(part)]
    headers = {name: _decoded(line) for name, line in reversed(split(source)[0])}
    return {
        "headers": dict(reversed(headers.items())),
        "text": _text(shown, "text/plain"),
        "html": _text(shown, "text/html"),
        "attachments": [_described(part) for part in files],
    }


def attachments(source: bytes) -> list[tuple[str, bytes]]:
    """Return name and content of each file that is a part of a mail."""
    parts = message_from_bytes(source).walk()
    return [(_name(part), _content(part)) for part in parts if _is_file(part)]


def _is_file(part: Message) -> bool:
    if part.is_multipart():
        return False
    named = part.get_filename() is not None
    other = part.get_content_maintype() != "text"
    return named or other or part.get_content_disposition() == "attachment"


def _name(part: Message) -> str:
    return part.get_filename() or str(part.get("Content-ID", "unnamed")).strip("<>")


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _described(part: Message) -> dict[str, Any]:
    content = _content(part)
    return {
        "name": _name(part),
        "type": part.get_content_type(),
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "inline": part.get_content_disposition() == "inline",
        "content_id": str(part.get("Content-ID", "")).strip("<>") or None,
    }


def _text(parts: list[Message], content_type: str) -> str | None:
    for part in parts:
        if part.get_content_type() == content_type:
            charset = part.get_content_charset("utf-8")
            try:
                return _content(part).decode(charset, "replace")
            except (LookupError, ValueError):
                return _content(part).decode("utf-8", "replace")
    return None


def address_line(name: str, people: Iterable[Recipient]) -> str:
    """Return one header line with addresses, folded after each."""
    return f"{name}: " + ",\r\n ".join(_written(each) for each in people)


def _written(recipient: Recipient) -> str:
    if recipient.address.isascii():
        return formataddr((recipient.name, recipient.address))
    return f"<{recipient.address}>"


def text_line(name: str, value: str) -> str:
    """Return one header line, encoded where it must be."""
    if value.isascii() and len(value) < FOLD_AFTER:
        return f"{name}: {value}"
    folded = Header(value, "utf-8", FOLD_AFTER, name).encode(linesep="\r\n")
    return f"{name}: {folded}"


def new_message_id(domain: str) -> str:
    """Return a Message-ID as Exchange makes them."""
    return f"<{uuid4().hex.upper()}@{domain}>"


def date() -> str:
    """Return the present time as a Date header wants it."""
    return format_datetime(datetime.now(UTC))
