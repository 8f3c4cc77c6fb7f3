"""A finished mail taken apart while it comes in, in constant memory.

What is kept in the skeleton stands there as in the mail; what is detached is handed out
as it stood there, so that both together are the mail again, byte for byte. Signed and
encrypted parts and attached messages are detached as a whole, and never looked into.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from portal.errors import InvalidMessage
from portal.mail.mime.apart import envelope
from portal.mail.mime.apart.envelope import Envelope
from portal.mail.mime.apart.recipients import Recipients
from portal.mail.mime.apart.source import BLOCK, MOST_OUTSIDE, Level, Source
from portal.mail.mime.apart.unpack import Unpacker, unpacker
from portal.mail.mime.body import blank, body, filed
from portal.mail.mime.edit import MARK, Edit, apply, crlf, mark, marked, without
from portal.mail.mime.tree import (
    DEEPEST,
    LONGEST_HEADERS,
    MOST_FIELDS,
    MOST_PARTS,
    Part,
    limit,
    scan,
)

LONGEST_TEXT = 3 * 1024 * 1024  # bytes of all texts that stay in the skeleton

_TEXTS = {"text/plain", "text/html"}


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A part whose header has come."""

    part: Part  # knows its header only
    at: int  # where it begins in the skeleton
    path: str  # its number, as IMAP counts (RFC 3501 section 6.4.5)

    @property
    def stays(self) -> bool:
        """Whether it may be part of the body, or at least is no file."""
        if self.part.type.startswith("multipart/"):
            return not self.part.sealed
        return self.part.type in _TEXTS and not filed(self.part)


class Splitter:
    """Takes one mail apart; `message_id` and `date` are for a mail that has none.

    `recipients` are those of the envelope it came in, which decides who gets it.
    Reads as far as the end of the header at once, and raises InvalidMessage, which
    names every wrong field.
    """

    envelope: Envelope

    def __init__(
        self,
        pieces: Iterable[bytes],
        *,
        message_id: str,
        date: datetime,
        recipients: Recipients | None = None,
        block: int = BLOCK,
    ) -> None:
        self._source = Source(pieces, block)
        self._skeleton = bytearray()
        self._marks: list[Edit] = []
        self._detached = self._parts = self._fields = 0
        self._header_bytes = self._outside = self._text_bytes = 0
        self._source.skip_mailbox_line()
        raw, root = self._header()
        self.envelope = envelope.read(root, message_id, recipients)
        self._root = Opened(part=root, at=0, path="1")
        given = self.envelope.message_id
        self._skeleton += envelope.passed_on(raw, root, given, date, recipients)
        if root.body == root.fields_end and not self._source.over:
            # Whoever reads on behind a line that is no field must not find another
            # From there, or a Bcc.
            self._skeleton += b"\r\n"

    def parts(self) -> Iterator[tuple[int, bytes]]:
        """Yield what is detached: the number of a part, and a piece of it.

        The pieces of a part follow each other, and each part has at least one. Raises
        InvalidMessage, which names the part.
        """
        yield from self._content(self._root)
        while line := self._source.delimiter():
            delimiter, opens = line
            self._skeleton += crlf(delimiter)
            if opens:
                yield from self._content(self._opened())
            else:
                self._pass()
        yield from self._further_texts()

    @property
    def skeleton(self) -> bytes:
        """What stays, once all parts have been handed out."""
        return bytes(self._skeleton)

    def _header(self) -> tuple[bytes, Part]:
        self._parts += 1
        limit("levels of parts", len(self._source.levels) + 1, DEEPEST)
        limit("parts", self._parts, MOST_PARTS)
        raw = self._source.header()
        self._header_bytes += len(raw)
        limit("bytes of headers", self._header_bytes, LONGEST_HEADERS)
        part = scan(raw)
        self._fields += len(part.fields)
        limit("header fields", self._fields, MOST_FIELDS)
        return raw, part

    def _opened(self) -> Opened:
        at, levels = len(self._skeleton), self._source.levels
        levels[-1].parts += 1
        path = ".".join(str(level.parts) for level in levels)
        raw, part = self._header()
        self._skeleton += apply(raw, without(part.fields, [MARK]))
        return Opened(part=part, at=at, path=path)

    def _content(self, opened: Opened) -> Iterator[tuple[int, bytes]]:
        if opened.part.boundary:
            self._source.levels.append(Level(opened.part.boundary))
            self._pass()
        elif opened.stays:
            yield from self._text(opened)
        else:
            yield from self._detach(opened, self._source.text())

    def _pass(self) -> None:
        """Keep what stands before the first part, or after the last."""
        for piece in self._source.text():
            self._outside += len(piece)
            limit("bytes outside its parts", self._outside, MOST_OUTSIDE)
            self._skeleton += crlf(piece)

    def _text(self, opened: Opened) -> Iterator[tuple[int, bytes]]:
        """Keep a text, unless there is too much of it already."""
        text = self._source.text()
        kept: list[bytes] = []
        for piece in text:
            kept.append(piece)
            self._text_bytes += len(piece)
            if self._text_bytes > LONGEST_TEXT:
                self._text_bytes -= sum(map(len, kept))
                yield from self._detach(opened, chain(kept, text))
                return
        _Measured(opened).close_after(kept)
        self._skeleton += crlf(b"".join(kept))

    def _detach(
        self, opened: Opened, pieces: Iterable[bytes]
    ) -> Iterator[tuple[int, bytes]]:
        self._detached += 1
        number, measured = self._detached, _Measured(opened)
        yield number, b""
        for piece in pieces:
            canonical = piece if opened.part.encoding == "binary" else crlf(piece)
            measured.add(canonical)
            yield number, canonical
        size = measured.close()
        self._marks.append(Edit(start=opened.at, end=opened.at, new=mark(number, size)))

    def _further_texts(self) -> Iterator[tuple[int, bytes]]:
        """Choose the body, and detach the texts that say something beside it."""
        skeleton = apply(bytes(self._skeleton), self._marks)
        root = scan(skeleton)
        leaves = [leaf for leaf in root.walk() if not leaf.children]
        texts = [leaf for leaf in leaves if not marked(leaf)]
        chosen = body(skeleton, root, texts)
        edits: list[Edit] = []
        for leaf in texts:
            stays = chosen.structures or chosen.holds(leaf) or blank(skeleton, leaf)
            if not stays and leaf.type in _TEXTS:
                opened = Opened(part=leaf, at=leaf.start, path="")
                yield from self._detach(opened, [skeleton[leaf.body : leaf.end]])
                edits.append(self._marks[-1])
                edits.append(Edit(start=leaf.body, end=leaf.end))
        self._skeleton = bytearray(apply(skeleton, edits))


class _Measured:
    """Counts what a part has once it is decoded; refuses what cannot be decoded."""

    def __init__(self, opened: Opened) -> None:
        self._size = 0
        self._path = opened.path
        self._unpacker: Unpacker = unpacker(opened.part.packing)

    def add(self, piece: bytes) -> None:
        try:
            self._size += len(self._unpacker.feed(piece))
        except ValueError as error:
            raise self._wrong(error) from None

    def close(self) -> int:
        try:
            return self._size + len(self._unpacker.close())
        except ValueError as error:
            raise self._wrong(error) from None

    def close_after(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            self.add(piece)
        self.close()

    def _wrong(self, error: ValueError) -> InvalidMessage:
        return InvalidMessage.of(f"part {self._path}", str(error))
