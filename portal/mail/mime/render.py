"""The whole mail: a skeleton with its attachments filled in, piece by piece."""

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from email.utils import format_datetime

from portal.mail.message import Address
from portal.mail.mime import header
from portal.mail.mime.edit import (
    MARK,
    Edit,
    apply,
    between,
    marked,
    raw_size,
    without,
)
from portal.mail.mime.tree import Part, scan

_LINE = 57  # bytes that make a line of 76 characters (RFC 2045 section 6.8)
_BLOCK = _LINE * 1024


def render(
    skeleton: bytes,
    parts: Callable[[int], Iterable[bytes]],
    *,
    bcc: Sequence[Address] = (),
) -> Iterator[bytes]:
    """Yield the whole mail; `parts` gives the pieces of the attachment of a number.

    Graph takes recipients from headers, so a Bcc header can be written for it.
    """
    root = scan(skeleton)
    holes = {part.body: part for part in root.walk() if marked(part)}
    for kept, edit in between(skeleton, _edits(root, bcc)):
        yield kept
        yield edit.new
        if edit.start == edit.end and (part := holes.pop(edit.start, None)):
            yield from _filled(part, parts(marked(part)))


def rendered_size(
    skeleton: bytes, sizes: Sequence[int], bcc: Sequence[Address] = ()
) -> int:
    """Return how many bytes `render` makes of attachments of these sizes, in bytes."""
    root = scan(skeleton)
    change = sum(len(edit.new) - (edit.end - edit.start) for edit in _edits(root, bcc))
    numbered = [(part, marked(part)) for part in root.walk() if marked(part)]
    filled = sum(_filled_size(part, sizes[number - 1]) for part, number in numbered)
    return len(skeleton) + change + filled


def base64_size(size: int) -> int:
    """Return how many bytes so many bytes are in base64 without line breaks."""
    return (size + 2) // 3 * 4


def with_sender(skeleton: bytes, sender: Address) -> bytes:
    """Return the skeleton from this one alone, whoever it was from before."""
    fields = scan(skeleton).fields
    rest = apply(skeleton, without(fields, ["from", "sender"]))
    return header.address_field("From", [sender]) + rest


def renewed(skeleton: bytes, *, message_id: str, date: datetime) -> bytes:
    """Return the skeleton as another message's: with its own Message-ID and Date."""
    fields = scan(skeleton).fields
    rest = apply(skeleton, without(fields, ["message-id", "date"]))
    known = f"Date: {format_datetime(date)}\r\nMessage-ID: {message_id}\r\n"
    return known.encode() + rest


def _edits(root: Part, bcc: Sequence[Address]) -> list[Edit]:
    edits = []
    if bcc:
        field = header.address_field("Bcc", bcc)
        # On top: the last field of what came finished may lack its line break.
        edits.append(Edit(start=root.start, end=root.start, new=field))
    for part in root.walk():
        if marked(part):
            edits += without(part.fields, [MARK])
            edits.append(Edit(start=part.body, end=part.body))
    return edits


def _filled(part: Part, pieces: Iterable[bytes]) -> Iterator[bytes]:
    return _base64(pieces) if _packs(part) else iter(pieces)


def _filled_size(part: Part, size: int) -> int:
    if not size or not _packs(part):
        return size
    characters = base64_size(size)
    return characters + (characters - 1) // 76 * 2


def _packs(part: Part) -> bool:
    """Tell whether what is kept plain has to become base64."""
    return part.encoding == "base64" and raw_size(part) is None


def _base64(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield base64 in lines of 76 characters, with CRLF between them."""
    pending = b""
    line_break = b""
    for piece in pieces:
        pending += piece
        whole = len(pending) // _LINE * _LINE
        for start in range(0, whole, _BLOCK):
            yield line_break + _lines(pending[start : min(start + _BLOCK, whole)])
            line_break = b"\r\n"
        pending = pending[whole:]
    if pending:
        yield line_break + _lines(pending)


def _lines(data: bytes) -> bytes:
    encoded = b64encode(data)
    return b"\r\n".join(encoded[at : at + 76] for at in range(0, len(encoded), 76))
