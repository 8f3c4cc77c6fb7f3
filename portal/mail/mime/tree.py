"""The shape of a MIME message: where its fields and parts begin and end in its bytes.

Nothing is decoded and nothing is changed, so what is not touched stays byte for byte.
Signed and encrypted parts and attached messages are never looked into. CRLF, LF and CR
all end a line here, because somewhere on the way each of them may.
"""

import re
from binascii import Error, a2b_base64, a2b_qp
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.message import Message
from email.utils import collapse_rfc2231_value
from functools import cached_property

from portal.errors import InvalidMessage

DEEPEST = 30
MOST_PARTS = 1000
MOST_FIELDS = 20_000
LONGEST_HEADERS = 1_000_000  # bytes, of all parts together
ADDED = 200_000  # bytes of headers that we may add to what was let in

FIELD = re.compile(
    rb"([!-9;-~]++)[ \t]*+:"
    rb"([^\r\n]*+(?:(?:\r\n|\r|\n)[ \t][^\r\n]*+)*+)(?:\r\n|\r|\n|\Z)"
)
BLANK = re.compile(rb"\r\n|\r|\n")
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_SEALED = {
    "multipart/signed",
    "multipart/encrypted",
    "application/pkcs7-mime",
    "application/x-pkcs7-mime",
}
_CONTENT = {f"content-{what}" for what in ("type", "disposition", "id")}
_CONTENT.add("content-transfer-encoding")
# What a Content field may have to be read. A file's name of 255 characters needs 4200
# bytes, or 255 semicolons; the library takes ages for a field of thousands.
_LONGEST_CONTENT = 5000  # bytes
_MOST_SEMICOLONS = 260
UNCHANGED = {"", "7bit", "8bit", "binary"}  # transfer encodings
KNOWN = {*UNCHANGED, "base64", "quoted-printable"}

_Parameters = dict[str, str | tuple[str | None, str | None, str]]


@dataclass(frozen=True, kw_only=True)
class Field:
    """One header field, with the lines it goes on for."""

    name: str  # in lower case
    start: int
    end: int
    value: bytes  # without line breaks, not decoded


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of a message, or the whole; all positions count from its first byte."""

    fields: tuple[Field, ...]
    start: int  # of the header
    fields_end: int
    body: int  # where the body begins
    end: int
    children: "tuple[Part, ...]" = ()

    @cached_property
    def content(self) -> Message:
        """Its Content fields, as the standard library reads them."""
        content: Message = Message()
        for field in self.fields:
            known = field.name in _CONTENT and field.name not in content
            if known and _readable(field.value):
                content[field.name] = field.value.decode("utf-8", "replace")
        return content

    @cached_property
    def type(self) -> str:
        return self.content.get_content_type()

    @property
    def disposition(self) -> str | None:
        return self.content.get_content_disposition()

    @cached_property
    def file_name(self) -> str | None:
        """What its sender calls it; the name in the other field is older."""
        names = (
            self.parameter("filename", "content-disposition"),
            self.parameter("name", "content-type"),
        )
        return next((name.strip() for name in names if name is not None), None)

    @cached_property
    def charset(self) -> str:
        """In lower case; empty if it names none that anybody could know."""
        charset = self.parameter("charset", "content-type") or ""
        return charset.lower() if charset.isascii() else ""

    @property
    def sealed(self) -> bool:
        """Whether it is signed or encrypted: a change would break it."""
        return self.type in _SEALED

    @property
    def encoding(self) -> str:
        encoding = str(self.content.get("content-transfer-encoding", ""))
        return encoding.strip().lower()

    @property
    def packing(self) -> str:
        """Its encoding if that is to be undone, whatever it claims.

        Nobody looks into what is sealed, and a multipart may have none (RFC 2045
        section 6.4).
        """
        closed = self.sealed or self.type.startswith("multipart/")
        return "" if closed else self.encoding

    @cached_property
    def boundary(self) -> bytes:
        """What stands between its parts; empty if it is not to be taken apart."""
        parted = self.type.startswith("multipart/") and self.encoding in UNCHANGED
        if not parted or self.sealed:
            return b""
        boundary = self.parameter("boundary", "content-type") or ""
        return b"" if _CONTROL.search(boundary) else boundary.rstrip().encode()

    def parameter(self, name: str, header: str) -> str | None:
        """Return what a Content field says; what cannot be read it does not say."""
        try:
            value = self._parameters(header).get(name)
            text = None if value is None else collapse_rfc2231_value(value)
            return None if text is None else text.encode().decode()
        except (LookupError, TypeError, ValueError):
            # RFC 2231 lets a sender choose the charset, and the library any codec.
            return None

    def _parameters(self, header: str) -> _Parameters:
        """Read the parameters of a field, once: the library starts anew for each."""
        if header not in self._read:
            self._read[header] = {}
            listed = self.content.get_params([], header) or []
            # Of two with a name the first counts.
            self._read[header] = {name.lower(): value for name, value in listed[::-1]}
        return self._read[header]

    @cached_property
    def _read(self) -> dict[str, _Parameters]:
        return {}

    def values(self, name: str) -> list[bytes]:
        return [field.value for field in self.fields if field.name == name]

    def walk(self) -> "Iterator[Part]":
        yield self
        for child in self.children:
            yield from child.walk()


def _readable(value: bytes) -> bool:
    few = value.count(b";") <= _MOST_SEMICOLONS
    return few and len(value) <= _LONGEST_CONTENT


def scan(raw: bytes) -> Part:
    """Return the shape of a message; raise InvalidMessage when it is out of bounds.

    What the portal itself adds to a message that was within them has room.
    """
    return _Scan(raw).part(0, len(raw), depth=1)


def decoded(raw: bytes, part: Part) -> bytes | None:
    """Return the body of a part, or None when its encoding is unknown or broken."""
    data = raw[part.body : part.end]
    if part.encoding in UNCHANGED:
        return data
    if part.encoding == "quoted-printable":
        return a2b_qp(data)
    try:
        return a2b_base64(data) if part.encoding == "base64" else None
    except Error:
        return None


class _Scan:
    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.parts = 0
        self.fields = 0
        self.header_bytes = 0

    def part(self, start: int, end: int, *, depth: int) -> Part:
        self.parts += 1
        limit("parts", self.parts, MOST_PARTS)
        limit("levels of parts", depth, DEEPEST)
        fields, fields_end, body = self.header(start, end)
        part = Part(
            fields=fields, start=start, fields_end=fields_end, body=body, end=end
        )
        spans = self.spans(part)
        if not spans:
            return part
        children = [self.part(*span, depth=depth + 1) for span in spans]
        return replace(part, children=tuple(children))

    def header(self, start: int, end: int) -> tuple[tuple[Field, ...], int, int]:
        """Return the fields, where they end, and where the body begins."""
        fields: list[Field] = []
        at = start
        while at < end and (found := self.field(at, end)):
            fields.append(found)
            at = found.end
        blank = BLANK.match(self.raw, at, end)
        return tuple(fields), at, blank.end() if blank else at

    def field(self, start: int, end: int) -> Field | None:
        if not (found := FIELD.match(self.raw, start, end)):
            return None
        self.fields += 1
        self.header_bytes += found.end() - start
        limit("header fields", self.fields, MOST_FIELDS + MOST_PARTS)
        limit("bytes of headers", self.header_bytes, LONGEST_HEADERS + ADDED)
        return Field(
            name=found[1].decode("ascii").lower(),
            start=start,
            end=found.end(),
            value=re.sub(rb"[\r\n]+", b"", found[2]).strip(b" \t"),
        )

    def spans(self, part: Part) -> list[tuple[int, int]]:
        """Return where the parts of a multipart begin and end; none if it has none."""
        if not part.boundary:
            return []
        spans = []
        opened: int | None = None
        delimiters = delimiter(part.boundary)
        for found in delimiters.finditer(self.raw, part.body, part.end):
            if opened is not None:
                spans.append((opened, before(self.raw, found.start(), opened)))
                limit("parts", self.parts + len(spans), MOST_PARTS)
            opened = None if found[1] else found.end()
            if opened is None:
                return spans
        if opened is not None:
            spans.append((opened, part.end))
        return spans


def delimiter(boundary: bytes) -> re.Pattern[bytes]:
    """Return what finds the lines between parts; its group says that one is the last.

    The line has to begin after a line break, in what is searched or just before it.
    """
    # The literal comes first: so the search for it is quick.
    line = b"--" + re.escape(boundary)
    return re.compile(line + rb"(?<=[\r\n]" + line + rb")(--)?[ \t]*+(?:\r\n|\r|\n|\Z)")


def before(raw: bytes, line: int, start: int) -> int:
    """Return where the line break before a line begins, but no place before `start`."""
    line_break = 2 if raw[max(line - 2, 0) : line] == b"\r\n" else 1
    return max(line - line_break, start)


def limit(what: str, number: int, most: int) -> None:
    if number > most:
        reason = f"has more than {most} {what}"
        raise InvalidMessage.of("message", reason)
