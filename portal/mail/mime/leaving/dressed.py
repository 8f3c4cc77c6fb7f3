"""A mail with what its account adds: header fields, and a footer to what it says."""

import re
from binascii import b2a_qp
from collections.abc import Callable, Iterator
from html import escape

from portal.mail.message import Address
from portal.mail.mime import header
from portal.mail.mime.body import Body, body
from portal.mail.mime.edit import Edit, apply, crlf, head, marked, without
from portal.mail.mime.tree import Part, decoded, scan

_END = re.compile(r"</body\s*>", re.IGNORECASE)
# RFC 9580 section 6.2.1: it begins a line; in HTML it may stand right behind a tag.
_ARMORED = re.compile(r"(?:^|>)-----BEGIN PGP (?:SIGNED )?MESSAGE", re.MULTILINE)


def filled(skeleton: bytes, name: str, address: Address) -> bytes:
    """Return the skeleton with a field of this name: its own, else this address."""
    own = scan(skeleton).values(name.lower())
    return skeleton if own else header.address_field(name, [address]) + skeleton


def replaced(skeleton: bytes, name: str, address: Address) -> bytes:
    """Return the skeleton with this address in the field, whatever that said before."""
    rest = apply(skeleton, without(scan(skeleton).fields, [name.lower()]))
    return header.address_field(name, [address]) + rest


def with_footer(skeleton: bytes, *, text: str, html: str) -> bytes:
    """Return the skeleton with a footer under its plain text, and under its HTML.

    Without an HTML one the text stands under both. What is signed or encrypted stays as
    it is, by DKIM or with PGP in its text too (RFC 6376 section 3.7: a signature covers
    the body), and so does a body that nobody here can read.
    """
    root = scan(skeleton)
    parts = list(root.walk())
    if any(part.sealed for part in parts) or root.values("dkim-signature"):
        return skeleton
    leaves = [part for part in parts if not part.children and not marked(part)]
    chosen = body(skeleton, root, leaves)
    if _armored(skeleton, chosen):
        return skeleton
    shown = html or escape(text).replace("\n", "<br>\n")
    edits = [
        *_longer(skeleton, chosen.text if text else None, lambda s: _under(s, text)),
        *_longer(skeleton, chosen.html, lambda said: _inside(said, shown)),
    ]
    return apply(skeleton, edits) if edits else skeleton


def _armored(raw: bytes, chosen: Body) -> bool:
    said = (_said(raw, part) for part in (chosen.text, chosen.html) if part)
    return any(_ARMORED.search(each) for each in said if each)


def _under(said: str, footer: str) -> str:
    return f"{said.rstrip()}\n\n{footer.strip()}\n"


def _inside(said: str, footer: str) -> str:
    """Put it before the end of the body, if that is marked."""
    ends = list(_END.finditer(said))
    at = ends[-1].start() if ends else len(said)
    return f"{said[:at]}\n<div>{footer}</div>\n{said[at:]}"


def _longer(raw: bytes, part: Part | None, add: Callable[[str], str]) -> Iterator[Edit]:
    """Yield the changes that let a part say more; none if it cannot be read."""
    said = _said(raw, part) if part else None
    if part is None or said is None:
        return
    flowed = part.parameter("format", "content-type")
    more = "; format=flowed" if flowed and flowed.lower() == "flowed" else ""
    about = f"Content-Type: {part.type}; charset=utf-8{more}\r\n"
    encoding = "Content-Transfer-Encoding: quoted-printable\r\n"
    old = {"content-type", "content-transfer-encoding"}
    yield head(raw, part, drop=old, add=f"{about}{encoding}".encode())
    lines = crlf(add(said).encode())
    yield Edit(start=part.body, end=part.end, new=crlf(b2a_qp(lines)))


def _said(raw: bytes, part: Part) -> str | None:
    data = decoded(raw, part)
    return None if data is None else header.known_text(data, part.charset or "utf-8")
