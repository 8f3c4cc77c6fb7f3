"""What a mail says, read from its skeleton, for who does not speak MIME."""

import json
import mimetypes
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from portal.mail.message import Address, Priority
from portal.mail.mime import header
from portal.mail.mime.body import Body, blank, body, filed, named
from portal.mail.mime.edit import MARKER, marked, raw_size
from portal.mail.mime.tree import KNOWN, Part, decoded, scan

_READ = {
    *("from", "sender", "to", "cc", "reply-to", "subject", "date", "message-id"),
    *("mime-version", "received", "importance", "priority", "x-priority"),
    *("x-msmail-priority", MARKER.lower()),
}
_IMPORTANCE: dict[str, Priority] = {
    **dict.fromkeys(("high", "urgent", "1", "2"), "high"),
    **dict.fromkeys(("low", "non-urgent", "4", "5"), "low"),
}
_DIFFERS = {"message-id", "date", "received"}
_BOUNDARY = re.compile(rb';\s*boundary=("[^"]*"|[^;\s]*)', re.IGNORECASE)
_LONGEST_WORD = 76  # characters of what a mail names that we repeat


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """An attachment, as the skeleton describes it."""

    number: int
    name: str
    content_type: str
    content_id: str  # empty: no HTML can show it
    shown: bool  # a text to be read in the mail, no file to its sender
    encoding: str  # that it is kept in; empty: it is kept plain
    size: int | None  # bytes, once decoded; None: as many as are kept


@dataclass(frozen=True, kw_only=True)
class Outline:
    """What a mail says, without its attachments' content."""

    subject: str
    sender: Address | None
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    message_id: str
    importance: Priority
    headers: tuple[tuple[str, str], ...]  # those that no other field here stands for
    text: str | None
    html: str | None
    attachments: tuple[Leaf, ...]
    whole: bool  # signed or encrypted: nothing of it may be changed
    obstacle: str  # what it has that no field here stands for, in words; or empty


def outline(skeleton: bytes) -> Outline:
    """Read a skeleton."""
    root = scan(skeleton)
    parts = list(root.walk())
    leaves = [part for part in parts if not part.children and not marked(part)]
    chosen = body(skeleton, root, leaves)
    return Outline(
        subject=_value(root, "subject"),
        sender=next(iter(_addresses(root, "from")), None),
        to=_addresses(root, "to"),
        cc=_addresses(root, "cc"),
        reply_to=_addresses(root, "reply-to"),
        message_id=_value(root, "message-id"),
        importance=_importance(root),
        headers=tuple(_headers(skeleton, root)),
        text=_said(skeleton, chosen.text),
        html=_said(skeleton, chosen.html),
        attachments=tuple(map(_leaf, sorted(filter(marked, parts), key=marked))),
        whole=any(part.sealed for part in parts),
        obstacle=next(_obstacles(skeleton, parts, chosen), ""),
    )


def meaning(skeleton: bytes, bcc: Sequence[Address], digests: Sequence[str]) -> bytes:
    """Return what makes two finished mails the same, as canonical JSON.

    `digests` are the SHA-256 of the attachments. Left out is what differs when a
    program writes the same mail again: Message-ID, Date, Received and the boundaries.
    """
    root = scan(skeleton)
    values = {
        "bcc": [[who.name, who.address] for who in bcc],
        "parts": [_meant(skeleton, part) for part in root.walk()],
        "attachments": list(digests),
    }
    return json.dumps(values, sort_keys=True).encode()


def _meant(skeleton: bytes, part: Part) -> list[object]:
    fields = [
        [field.name, _BOUNDARY.sub(b"", field.value).decode("latin-1")]
        for field in part.fields
        if field.name not in _DIFFERS
    ]
    body = b"" if part.children else skeleton[part.body : part.end]
    return [len(part.children), fields, sha256(body).hexdigest()]


def _addresses(root: Part, name: str) -> tuple[Address, ...]:
    values = root.values(name)
    return tuple(each for value in values for each in header.addresses(value))


def _value(root: Part, name: str) -> str:
    return header.text(b"".join(root.values(name)[:1]))


def _importance(root: Part) -> Priority:
    for name in ("importance", "x-priority", "x-msmail-priority", "priority"):
        word = _value(root, name).lower().split(" ")[0]
        if word in _IMPORTANCE:
            return _IMPORTANCE[word]
    return "normal"


def _headers(skeleton: bytes, root: Part) -> list[tuple[str, str]]:
    return [
        (skeleton[field.start :][: len(field.name)].decode(), header.text(field.value))
        for field in root.fields
        if field.name not in _READ and not field.name.startswith("content-")
    ]


def _said(skeleton: bytes, part: Part | None) -> str | None:
    """Return what a part of the body says, guessed where it cannot be known."""
    if part is None:
        return None
    text = _known(skeleton, part)
    if text is None:
        data = decoded(skeleton, part) or b""
        text = header.charset_text(data, _charset(part))
    return text.replace("\r\n", "\n")


def _known(skeleton: bytes, part: Part) -> str | None:
    """Return the text of a part, or None when encoding or charset do not hold."""
    data = decoded(skeleton, part)
    try:
        text = None if data is None else header.decode(data, _charset(part))
        return text if text is None else text.encode().decode()
    except (LookupError, ValueError):
        return None


def _charset(part: Part) -> str:
    charset = part.charset or "utf-8"
    return "utf-8" if charset == "us-ascii" else charset  # which contains it


def _obstacles(skeleton: bytes, parts: list[Part], chosen: Body) -> Iterator[str]:
    for structure in chosen.structures:
        yield f"the structure {_word(structure)}"
    for leaf in (part for part in parts if not (part.children or part.sealed)):
        # Beside an HTML the text says nothing of its own.
        spare = leaf is chosen.text and chosen.html is not None
        if not spare and not _readable(skeleton, leaf, chosen):
            yield f"a part that cannot be read ({_described(leaf)})"


def _readable(skeleton: bytes, leaf: Part, chosen: Body) -> bool:
    if marked(leaf):
        return leaf.encoding in KNOWN and not leaf.type.startswith("multipart/")
    read = chosen.holds(leaf) and _known(skeleton, leaf) is not None
    return read or blank(skeleton, leaf)


def _described(part: Part) -> str:
    given = (part.type, part.encoding, part.charset)
    return ", ".join(_word(each) for each in given if each)


def _word(text: str) -> str:
    """Return a word from outside, fit for a line of the journal."""
    return re.sub(r"[^!-~]", "?", text[:_LONGEST_WORD])


def _leaf(part: Part) -> Leaf:
    content_id = str(part.content.get("content-id", "")).strip().strip("<>")
    return Leaf(
        number=marked(part),
        name=_name(part),
        content_type=part.type,
        content_id=content_id,
        shown=part.type.startswith("text/") and not (filed(part) or named(part)),
        encoding="" if raw_size(part) is None else part.packing,
        size=raw_size(part),
    )


def _name(part: Part) -> str:
    """Return the name of a file, made up when its sender gave none."""
    name = header.text((part.file_name or "").encode())
    bare = re.split(r"[/\\]", name)[-1].strip()
    bare = "" if bare in {".", ".."} else bare
    if not bare and part.type == "text/calendar":
        return "invite.ics"
    ending = mimetypes.guess_extension(part.type) or ""
    return bare or f"attachment-{marked(part)}{ending}"
