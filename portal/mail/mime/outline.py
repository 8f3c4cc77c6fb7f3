"""What a mail says, read from its skeleton, for who does not speak MIME."""

import json
import mimetypes
import re
from dataclasses import dataclass
from hashlib import sha256

from portal.mail.message import Address, Priority
from portal.mail.mime import header
from portal.mail.mime.edit import marked
from portal.mail.mime.split import Split
from portal.mail.mime.tree import Part, decoded, scan

_READ = {
    *("from", "sender", "to", "cc", "reply-to", "subject", "date", "message-id"),
    *("mime-version", "received", "importance", "priority", "x-priority"),
    "x-msmail-priority",
}
_IMPORTANCE: dict[str, Priority] = {
    **dict.fromkeys(("high", "urgent", "1", "2"), "high"),
    **dict.fromkeys(("low", "non-urgent", "4", "5"), "low"),
}
_PLAIN_SHAPES = {"multipart/mixed", "multipart/related", "multipart/alternative"}
_DIFFERS = {"message-id", "date", "received"}
_BOUNDARY = re.compile(rb';\s*boundary=("[^"]*"|[^;\s]*)', re.IGNORECASE)
_MOST_HEADERS = 5  # Graph, internetMessageHeaders; their names begin with X-


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """An attachment, as the skeleton describes it."""

    number: int
    name: str
    content_type: str
    content_id: str  # empty: nothing shows it inline
    inline: bool


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
    expressible: bool  # Graph's JSON can carry all of it


def outline(skeleton: bytes) -> Outline:
    """Read a skeleton."""
    root = scan(skeleton)
    parts = list(root.walk())
    leaves = [part for part in parts if not part.children and not marked(part)]
    texts = [leaf for leaf in leaves if _readable(skeleton, leaf)]
    headers = tuple(_headers(skeleton, root))
    return Outline(
        subject=_value(root, "subject"),
        sender=next(iter(_addresses(root, "from")), None),
        to=_addresses(root, "to"),
        cc=_addresses(root, "cc"),
        reply_to=_addresses(root, "reply-to"),
        message_id=_value(root, "message-id"),
        importance=_importance(root),
        headers=headers,
        text=_body(skeleton, texts, "text/plain"),
        html=_body(skeleton, texts, "text/html"),
        attachments=tuple(map(_leaf, sorted(filter(marked, parts), key=marked))),
        whole=any(part.sealed for part in parts),
        expressible=(
            len(leaves) <= 1
            and texts == leaves
            and _plain_shape(parts)
            and _plain_headers(headers)
        ),
    )


def meaning(mail: Split) -> bytes:
    """Return what makes two mails the same, as canonical JSON.

    Left out is what differs when a program writes the same mail again: Message-ID,
    Date, Received and the boundaries.
    """
    root = scan(mail.skeleton)
    values = {
        "bcc": [[who.name, who.address] for who in mail.bcc],
        "parts": [_meant(mail.skeleton, part) for part in root.walk()],
        "attachments": [sha256(part).hexdigest() for part in mail.parts],
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


def _readable(skeleton: bytes, leaf: Part) -> bool:
    known = leaf.type in ("text/plain", "text/html")
    return known and decoded(skeleton, leaf) is not None


def _body(skeleton: bytes, texts: list[Part], kind: str) -> str | None:
    found = [part for part in texts if part.type == kind]
    return _decoded(skeleton, found[0]) if found else None


def _decoded(skeleton: bytes, part: Part) -> str:
    data = decoded(skeleton, part) or b""
    charset = part.content.get_content_charset("utf-8")
    return header.charset_text(data, charset).replace("\r\n", "\n")


def _leaf(part: Part) -> Leaf:
    content = part.content
    content_id = str(content.get("content-id", "")).strip().strip("<>")
    disposition = content.get_content_disposition()
    return Leaf(
        number=marked(part),
        name=_name(part),
        content_type=part.type,
        content_id=content_id,
        inline=disposition != "attachment" and bool(content_id),
    )


def _name(part: Part) -> str:
    """Return the name of a file, made up when its sender gave none."""
    name = header.text((part.content.get_filename() or "").encode())
    bare = re.split(r"[/\\]", name)[-1]
    ending = mimetypes.guess_extension(part.type) or ""
    return bare or f"attachment-{marked(part)}{ending}"


def _plain_shape(parts: list[Part]) -> bool:
    return {part.type for part in parts if part.children} <= _PLAIN_SHAPES


def _plain_headers(headers: tuple[tuple[str, str], ...]) -> bool:
    plain = all(name.lower().startswith("x-") for name, _ in headers)
    return plain and len(headers) <= _MOST_HEADERS
