"""A mail as it comes in, read once, and cut where its headers and parts end.

It ends them where `tree.scan` of the whole mail would, and never holds more than a
block and what may turn out to be a header or the line between two parts.
"""

import re
from collections.abc import Iterable, Iterator

from portal.mail.mime.tree import (
    BLANK,
    FIELD,
    LONGEST_HEADERS,
    before,
    delimiter,
    limit,
)

BLOCK = 128 * 1024  # bytes
MOST_OUTSIDE = 1024 * 1024  # bytes between the parts, where nobody reads

_MAILBOX_LINE = re.compile(rb"From [^\r\n]*+(?:\r\n|\r|\n)")
# What may still become a header field, a line between parts or an empty line.
_UNDECIDED = re.compile(rb"[!-9;-~]*+[ \t]*+\Z|\r\Z")
_REST = re.compile(rb"(?:-|--)?[ \t]*+")  # of a line between parts, after its boundary


class Level:
    """A multipart that is not at its end, and how many parts it has had."""

    def __init__(self, boundary: bytes) -> None:
        self.parts = 0
        self._line = b"--" + boundary
        self._delimiter = delimiter(boundary)
        self._searched = b""
        self._found: re.Match[bytes] | None = None

    def after(self, raw: bytes, at: int) -> re.Match[bytes] | None:
        """Find its next line between parts; nothing is searched twice."""
        known = self._found is None or self._found.start() >= at
        if self._searched is not raw or not known:
            self._searched = raw
            self._found = self._delimiter.search(raw, at)
        return self._found

    def ends(self, raw: bytes, at: int) -> bool:
        return self._delimiter.match(raw, at) is not None

    def begun(self, line: bytes) -> bool:
        """Tell whether a line that goes on may become one between parts."""
        rest = line[len(self._line) :]
        whole = line.startswith(self._line) and _REST.fullmatch(rest) is not None
        return whole or self._line.startswith(line)


class Source:
    """Hands out a mail's bytes in their order, and looks at `block` of them at once."""

    def __init__(self, pieces: Iterable[bytes], block: int = BLOCK) -> None:
        self.levels: list[Level] = []
        self._blocks = _blocks(pieces, block)
        self._raw = b""
        self._at = 0  # two bytes before it stay: a line may begin here
        self._ended = False

    def skip_mailbox_line(self) -> None:
        """Leave out what a mailbox file has before a mail."""
        self._read_on()
        if found := _MAILBOX_LINE.match(self._raw):
            self._at = found.end()

    def header(self) -> bytes:
        """Return the header that begins here, with the empty line after it."""
        while (end := self._header_end()) is None:
            limit("bytes of headers", len(self._raw) - self._at, LONGEST_HEADERS)
            self._read_on()
        header, self._at = self._raw[self._at : end], end
        return header

    @property
    def over(self) -> bool:
        """Tell, behind a header, whether nothing comes any more."""
        return self._at == len(self._raw)

    def text(self) -> Iterator[bytes]:
        """Yield what comes before the next line between parts, or before the end.

        No piece ends between CR and LF.
        """
        done = False
        while not done:
            end, done = self._reach()
            if end > self._at:
                piece, self._at = self._raw[self._at : end], end
                yield piece
            if not done:
                limit("bytes outside its parts", len(self._raw) - end, MOST_OUTSIDE)
                self._read_on()

    def delimiter(self) -> tuple[bytes, bool] | None:
        """Return the line between parts that begins here, and whether a part follows.

        The line break before it belongs to it. None: the mail is at its end.
        """
        if (found := self._next()) is None:
            return None
        depth, line = found
        at, self._at = self._at, line.end()
        del self.levels[depth if line[1] else depth + 1 :]
        return self._raw[at : line.end()], not line[1]

    def _next(self) -> tuple[int, re.Match[bytes]] | None:
        """Find the next line between parts, and of which level; the outermost wins."""
        found = [
            (depth, line)
            for depth, level in enumerate(self.levels)
            if (line := level.after(self._raw, self._at))
        ]
        return min(found, key=lambda each: each[1].start(), default=None)

    def _reach(self) -> tuple[int, bool]:
        """Return how far the text surely goes, and whether it ends there."""
        if found := self._next():
            line = found[1]
            decided = line.end() < len(self._raw) or self._raw.endswith(b"\n")
            end = before(self._raw, line.start(), self._at)
            return end, decided or self._ended
        return (len(self._raw), True) if self._ended else (self._safe(), False)

    def _safe(self) -> int:
        """Return the end of what cannot be the beginning of a line between parts."""
        raw, at = self._raw, self._at
        last = max(raw.rfind(b"\n", at), raw.rfind(b"\r", at))
        start = last + 1 if last >= 0 else at
        begins = last >= 0 or raw[max(at - 1, 0) : at] in (b"\r", b"\n")
        if begins and any(level.begun(raw[start:]) for level in self.levels):
            return before(raw, start, at)
        return len(raw) - raw.endswith(b"\r")

    def _header_end(self) -> int | None:
        """Return the end of the header that begins here; None: not to be told yet."""
        raw, at = self._raw, self._at
        while found := FIELD.match(raw, at):
            if found.end() == len(raw) and not self._ended:
                return None
            if any(level.ends(raw, at) for level in self.levels):
                return at
            at = found.end()
        if not self._ended and _UNDECIDED.match(raw, at):
            return None
        blank = BLANK.match(raw, at)
        return blank.end() if blank else at

    def _read_on(self) -> None:
        block = next(self._blocks, None)
        self._ended = block is None
        kept = max(self._at - 2, 0)
        self._raw = self._raw[kept:] + (block or b"")
        self._at -= kept


def _blocks(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Cut what is long, and join what is short: each block costs some work."""
    waiting: list[bytes] = []
    length = 0
    for piece in pieces:
        for at in range(0, len(piece), size):
            waiting.append(piece[at : at + size])
            length += len(waiting[-1])
            if length >= size:
                yield b"".join(waiting)
                waiting, length = [], 0
    if length:
        yield b"".join(waiting)
