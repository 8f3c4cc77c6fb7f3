"""The DATA of SMTP as it comes: in blocks, without its dots, up to its end.

Nothing but CRLF . CRLF ends a mail (RFC 5321 section 4.1.1.4). A CR or LF that stands
alone is refused (section 2.3.8): one server sees the end of a mail where another sees
its text, and what follows would be a mail that nobody sent.
"""

from asyncio import IncompleteReadError, LimitOverrunError, StreamReader

from portal.errors import PortalError, Refused

BREAK = b"\r\n"
END = b"\r\n.\r\n"
LONGEST_HEAD = 1000  # bytes
_BEGUN = tuple(END[:length] for length in range(1, len(END)))


class Bare(Refused):
    """Lines end in CRLF; a CR or LF that stands alone is not taken."""


class Vanished(PortalError):
    """The connection was lost before the mail had ended; nothing was stored."""


class Data:
    """A mail that is being sent to us."""

    def __init__(self, reader: StreamReader) -> None:
        self.received = -len(BREAK)  # bytes, as they were sent
        self.ended = False
        self.bare = False
        self._reader = reader
        self._kept = b""  # what the next block may give another meaning
        self._begun = False

    async def block(self) -> bytes:
        """Return what comes next, a few times the reader's limit at most; b"": the end.

        Raises Vanished; Bare not before the end, so that both sides agree on it.
        """
        while not self.ended:
            text = await self._next()
            if text and not self.bare:
                return text
        if self.bare:
            raise Bare
        return b""

    async def _next(self) -> bytes:
        try:
            raw = await (self._some() if self._begun else self._head())
        except IncompleteReadError:
            raise Vanished from None
        self.received += len(raw)
        raw = self._kept + raw
        self.ended = raw.endswith(END)
        text, self._kept = self._apart(raw)
        lines = text.count(BREAK)
        self.bare |= text.count(b"\n") != lines or text.count(b"\r") != lines
        text = text.replace(b"\r\n.", BREAK)
        if not self._begun:
            self._begun, text = True, text.removeprefix(BREAK)
        return text

    def _apart(self, raw: bytes) -> tuple[bytes, bytes]:
        """Take off the dot of the end, which is nobody's text; else a line's break."""
        if self.ended:
            return raw.removesuffix(END[len(BREAK) :]), b""
        size = 2 if raw.endswith(BREAK) else int(raw.endswith(b"\r"))
        return raw[: len(raw) - size], raw[len(raw) - size :]

    async def _some(self) -> bytes:
        try:
            return await self._reader.readuntil(END)
        except LimitOverrunError as error:
            return await self._reader.readexactly(error.consumed)

    async def _head(self) -> bytes:
        """Read until an end cannot have begun: a dot in the first line may be one."""
        head = bytearray(b"\r\n")
        head += await self._reader.readexactly(len(END) - 2)
        while not head.endswith(END) and head.endswith(_BEGUN):
            if len(head) > LONGEST_HEAD:
                raise Vanished  # a mail does not begin with so many empty lines
            head += await self._reader.readexactly(1)
        return bytes(head)
