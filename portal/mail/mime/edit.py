"""Changes to a message, made by position: what no change names stays as it is."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from portal.mail.mime.tree import Field, Part

_NAME = "X-Portal-Part"
MARK = _NAME.lower()  # as `Field.name` spells it

_MARKED = re.compile(rb"([1-9][0-9]{0,3})(?: raw ([0-9]{1,18}))?")


@dataclass(frozen=True, kw_only=True)
class Edit:
    """Put `new` where the bytes from `start` to `end` were."""

    start: int
    end: int
    new: bytes = b""


def apply(raw: bytes, edits: Iterable[Edit]) -> bytes:
    """Return the message with all changes made, and CRLF at the end of every line."""
    made = bytearray()
    for kept, edit in between(raw, edits):
        made += crlf(kept)
        made += edit.new
    return bytes(made)


def between(raw: bytes, edits: Iterable[Edit]) -> Iterator[tuple[bytes, Edit]]:
    """Yield each change after the bytes that stay before it, and an empty one last."""
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        yield raw[at : edit.start], edit
        at = edit.end
    yield raw[at:], Edit(start=len(raw), end=len(raw))


def without(fields: Iterable[Field], names: Iterable[str]) -> list[Edit]:
    """Return the changes that remove the fields of these names, in lower case."""
    unwanted = set(names)
    return [
        Edit(start=field.start, end=field.end)
        for field in fields
        if field.name in unwanted
    ]


def head(raw: bytes, part: Part, *, drop: Iterable[str], add: bytes = b"") -> Edit:
    """Return the change to the header of a part: some fields less, others more."""
    unwanted = set(drop)
    kept = [
        crlf(raw[field.start : field.end]).removesuffix(b"\r\n") + b"\r\n"
        for field in part.fields
        if field.name not in unwanted
    ]
    new = b"".join([*kept, add, b"\r\n"])
    return Edit(start=part.start, end=part.body, new=new)


def mark(number: int, size: int | None = None) -> bytes:
    """Return the field of a part whose body is kept apart.

    With a `size` as it stood in the mail: so many bytes are in it, once decoded.
    """
    raw = "" if size is None else f" raw {size}"
    return f"{_NAME}: {number}{raw}\r\n".encode()


def marked(part: Part) -> int:
    """Return the number of the attachment that belongs into a part, or 0."""
    return int(found[1]) if (found := _mark(part)) else 0


def raw_size(part: Part) -> int | None:
    """Return the decoded size of what is kept as it stood; None: it is kept plain."""
    found = _mark(part)
    return int(found[2]) if found and found[2] else None


def _mark(part: Part) -> re.Match[bytes] | None:
    values = part.values(MARK)
    return _MARKED.fullmatch(values[0]) if values else None


def crlf(data: bytes) -> bytes:
    """Return the data with CRLF at the end of every line (RFC 5322 section 2.3)."""
    pairs = data.count(b"\r\n")
    if pairs == data.count(b"\n") == data.count(b"\r"):
        return data
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return lines.replace(b"\n", b"\r\n")
