"""Changes to a message, made by position: what no change names stays as it is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from portal.mail.mime.tree import Field, Part

MARKER = "X-Portal-Part"


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


def marked(part: Part) -> int:
    """Return the number of the attachment that belongs into a part, or 0."""
    values = part.values(MARKER.lower())
    return int(values[0]) if values and values[0].isdigit() else 0


def crlf(data: bytes) -> bytes:
    """Return the data with CRLF at the end of every line (RFC 5322 section 2.3)."""
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return lines.replace(b"\n", b"\r\n")
