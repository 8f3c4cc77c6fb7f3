"""A mail for servers that take ASCII alone; and lines that any server has to take.

What is signed or encrypted stays as it is, and so does a mail inside the mail: that may
not be encoded (RFC 2046 section 5.2.1).
"""

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Iterable, Iterator

from portal.mail.mime.edit import MARK, Edit, apply, crlf, head, mark, marked, without
from portal.mail.mime.tree import Part, decoded, scan

_LONG = re.compile(rb"[^\r\n]{999}")  # RFC 5322 section 2.1.1
_ENCODING = "content-transfer-encoding"
_EIGHT_BIT = {"8bit", "binary"}


def eight_bit(skeleton: bytes) -> bool:
    """Tell whether a body holds anything but ASCII, as far as the mail says."""
    return any(_eight_bit(skeleton, part) for part in scan(skeleton).walk())


def closed(skeleton: bytes) -> tuple[int, ...]:
    """Return the numbers of what is kept beside it, and leaves as it is."""
    parts = scan(skeleton).walk()
    return tuple(marked(part) for part in parts if marked(part) and _closed(part))


def international(skeleton: bytes) -> bool:
    """Tell whether a header holds anything but ASCII (RFC 6532)."""
    parts = scan(skeleton).walk()
    return any(not skeleton[p.start : p.fields_end].isascii() for p in parts)


def in_ascii(skeleton: bytes) -> bytes | None:
    """Return the skeleton with bodies in ASCII; None if one of them stays as it is."""
    root = scan(skeleton)
    wide = [part for part in root.walk() if _eight_bit(skeleton, part)]
    if any(map(_closed, wide)):
        return None
    holders = [p for p in root.walk() if p.children and p.encoding in _EIGHT_BIT]
    edits = [e for p in holders for e in without(p.fields, [_ENCODING])]
    return apply(skeleton, [*edits, *_recoded(skeleton, wide)])


def in_short_lines(skeleton: bytes) -> bytes:
    """Return the skeleton with lines of 998 bytes at most, as far as it may change.

    What is binary has no lines (RFC 2045 section 2.9), and gets some.
    """
    parts = (part for part in scan(skeleton).walk() if not part.children)
    open_ones = [part for part in parts if not _closed(part)]
    lineless = [p for p in open_ones if p.encoding == "binary" or _long(skeleton, p)]
    return apply(skeleton, _recoded(skeleton, lineless)) if lineless else skeleton


def _closed(part: Part) -> bool:
    return part.sealed or part.type.startswith("message/")


def _eight_bit(raw: bytes, part: Part) -> bool:
    if part.children:
        return False
    if marked(part):
        return part.encoding in _EIGHT_BIT
    return not raw[part.body : part.end].isascii()


def _long(raw: bytes, part: Part) -> bool:
    return _LONG.search(raw, part.body, part.end) is not None


def _recoded(raw: bytes, parts: Iterable[Part]) -> Iterator[Edit]:
    for part in parts:
        data = None if marked(part) else decoded(raw, part)
        if marked(part):
            # It is kept as it stood, and encoded on its way.
            yield _headed(raw, part, "base64", mark(marked(part)))
        elif data is not None:
            text = part.type.startswith("text/")
            yield _headed(raw, part, "quoted-printable" if text else "base64")
            new = b2a_qp(crlf(data)) if text else encodebytes(data).rstrip(b"\n")
            yield Edit(start=part.body, end=part.end, new=crlf(new))


def _headed(raw: bytes, part: Part, encoding: str, add: bytes = b"") -> Edit:
    said = f"Content-Transfer-Encoding: {encoding}\r\n".encode()
    return head(raw, part, drop={_ENCODING, MARK}, add=said + add)
