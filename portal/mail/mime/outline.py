"""What a mail says, read from its skeleton, for who does not speak MIME."""

import json
import mimetypes
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

from portal.mail.message import Address, Priority
from portal.mail.mime import header
from portal.mail.mime.body import Body, blank, body, filed, named
from portal.mail.mime.edit import MARK, marked, raw_size
from portal.mail.mime.tree import KNOWN, Field, Part, decoded, scan

_READ = {
    *("from", "sender", "to", "cc", "reply-to", "subject", "date", "message-id"),
    *("mime-version", "received", "importance", "priority", "x-priority"),
    *("x-msmail-priority", MARK),
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
    attachments: tuple[Leaf, ...]
    whole: bool  # signed or encrypted: nothing of it may be changed
    words: "Words" = field(repr=False, compare=False)

    @property
    def text(self) -> str | None:
        return self.words.text

    @property
    def html(self) -> str | None:
        return self.words.html

    @property
    def obstacle(self) -> str:
        """What it has that no field here stands for, in words; or empty."""
        return self.words.obstacle


class Words:
    """What a mail says in its body: megabytes, so read when somebody asks, and once."""

    def __init__(self, skeleton: bytes, parts: Sequence[Part], chosen: Body) -> None:
        self._skeleton = skeleton
        self._parts = parts
        self._chosen = chosen

    @cached_property
    def text(self) -> str | None:
        return self._text[0]

    @cached_property
    def html(self) -> str | None:
        return self._html[0]

    @cached_property
    def obstacle(self) -> str:
        return next(self._obstacles(), "")

    @cached_property
    def _text(self) -> tuple[str | None, bool]:
        return _said(self._skeleton, self._chosen.text)

    @cached_property
    def _html(self) -> tuple[str | None, bool]:
        return _said(self._skeleton, self._chosen.html)

    def _obstacles(self) -> Iterator[str]:
        for structure in self._chosen.structures:
            yield f"the structure {_word(structure)}"
        for leaf in self._parts:
            closed = leaf.children or leaf.sealed
            # Beside an HTML the text says nothing of its own.
            spare = leaf is self._chosen.text and self._chosen.html is not None
            if not (closed or spare or self._readable(leaf)):
                yield f"a part that cannot be read ({_described(leaf)})"

    def _readable(self, leaf: Part) -> bool:
        if marked(leaf):
            return leaf.encoding in KNOWN and not leaf.type.startswith("multipart/")
        read = self._html if leaf is self._chosen.html else self._text
        sure = self._chosen.holds(leaf) and read[1]
        return sure or blank(self._skeleton, leaf)


def outline(skeleton: bytes) -> Outline:
    """Read a skeleton."""
    root = scan(skeleton)
    parts = list(root.walk())
    leaves = [part for part in parts if not part.children and not marked(part)]
    return Outline(
        subject=_value(root, "subject"),
        sender=next(iter(_addresses(root, "from")), None),
        to=_addresses(root, "to"),
        cc=_addresses(root, "cc"),
        reply_to=_addresses(root, "reply-to"),
        message_id=_value(root, "message-id"),
        importance=_importance(root),
        headers=tuple(_headers(skeleton, root)),
        attachments=tuple(map(_leaf, sorted(filter(marked, parts), key=marked))),
        whole=any(part.sealed for part in parts),
        words=Words(skeleton, parts, body(skeleton, root, leaves)),
    )


def meaning(
    skeleton: bytes,
    bcc: Sequence[Address],
    digests: Sequence[str],
    account: str | None = None,
) -> bytes:
    """Return what makes two finished mails the same, as canonical JSON.

    `digests` are the SHA-256 of the attachments, `account` is the one named beside the
    mail. Left out is what differs when a program writes the same mail again:
    Message-ID, Date, Received and the boundaries.
    """
    root = scan(skeleton)
    values: dict[str, object] = {
        "bcc": [[who.name, who.address] for who in bcc],
        "parts": [_meant(skeleton, part) for part in root.walk()],
        "attachments": list(digests),
    }
    if account is not None:
        values["account"] = account
    return json.dumps(values, sort_keys=True).encode()


def _meant(skeleton: bytes, part: Part) -> list[object]:
    fields = [
        [field.name, _lasting(field).decode("latin-1")]
        for field in part.fields
        if field.name not in _DIFFERS
    ]
    body = b"" if part.children else skeleton[part.body : part.end]
    return [len(part.children), fields, sha256(body).hexdigest()]


def _lasting(field: Field) -> bytes:
    """Return what a field says each time that its mail is written."""
    parted = field.name == "content-type"
    return _BOUNDARY.sub(b"", field.value) if parted else field.value


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


def _said(skeleton: bytes, part: Part | None) -> tuple[str | None, bool]:
    """Return what a part of the body says, and whether encoding and charset hold.

    What cannot be known is guessed.
    """
    if part is None:
        return None, False
    data, charset = decoded(skeleton, part), _charset(part)
    if data is not None and charset == "utf-8":
        data = data.replace(b"\r\n", b"\n")  # here it costs a quarter of the memory
    text = None if data is None else header.known_text(data, charset)
    known = text is not None
    if text is None:
        text = header.charset_text(data or b"", charset)
    return text.replace("\r\n", "\n") if "\r\n" in text else text, known


def _charset(part: Part) -> str:
    charset = part.charset or "utf-8"
    return "utf-8" if charset == "us-ascii" else charset  # which contains it


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
