"""A mail as it travels: lines that end in CRLF, and dots that end nothing.

RFC 5321 sections 2.3.8 and 4.5.2: no bare CR or LF leaves, or a server that takes one
for the end of a line could be made to see a second mail. Nor does a NUL, which no mail
may have (RFC 5322 section 4), and which some servers skip, even before a dot.
"""

from collections.abc import Iterable, Iterator

from portal.mail import mime

END = b".\r\n"


def lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a mail for DATA, without the dot that ends it; pieces may end anywhere."""
    rest, begins = b"", True
    for piece in pieces:
        data = rest + piece.replace(b"\0", b"")
        # Whether a CR stands alone shows with what follows it.
        rest = b"\r" if data.endswith(b"\r") else b""
        data = mime.crlf(data.removesuffix(rest))
        if data:
            yield b"." * (begins and data.startswith(b".")) + _stuffed(data)
            begins = data.endswith(b"\r\n")
    if rest or not begins:
        yield b"\r\n"


def _stuffed(data: bytes) -> bytes:
    return data.replace(b"\r\n.", b"\r\n..")
