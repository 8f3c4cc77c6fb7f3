"""A finished mail taken apart: its skeleton, its attachments and its envelope."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from email.errors import MessageError
from email.message import Message
from email.utils import format_datetime

from portal.errors import InvalidMessage, Problem
from portal.mail.message import Address
from portal.mail.message.address import checked
from portal.mail.message.problems import MOST_RECIPIENTS, crowd
from portal.mail.mime import header
from portal.mail.mime.body import Body, blank, body, filed
from portal.mail.mime.edit import MARKER, Edit, apply, crlf, head
from portal.mail.mime.tree import UNCHANGED, Part, decoded, scan

MOST_RECEIVED = 50  # a mail that came by so many servers is going round in circles

_NOT_PASSED_ON = {"bcc", "resent-bcc", "return-path", "message-id"}
_ADDRESSES = ("from", "to", "cc", "bcc", "reply-to", "sender")
_BYTES = {"base64", "binary"}  # the encodings that keep the line breaks of a text
_NAME = re.compile("[!-9;-~]+")
_NEW_LINE = re.compile(r"[\r\n](?![ \t\r\n]|\Z)")  # one that does not go on
_MESSAGE_ID = re.compile(rb"<[!-;=?-~]{3,250}>")


@dataclass(frozen=True, kw_only=True)
class Split:
    """A mail taken apart; the attachment of number n is `parts[n - 1]`."""

    skeleton: bytes
    parts: tuple[bytes, ...]
    sender: Address | None  # None: the mail does not say whom it is from
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    subject: str
    message_id: str


def split(mail: bytes | Message, *, message_id: str, date: datetime) -> Split:
    """Take a mail apart; raise InvalidMessage, which names every wrong field.

    `message_id` and `date` are for a mail that has none. Bcc fields are read and
    removed. Every part that is not the body becomes an attachment; what is signed or
    encrypted stays whole, in the skeleton.
    """
    raw = mail if isinstance(mail, bytes) else _written(mail)
    raw = re.sub(rb"\AFrom [^\r\n]*(?:\r\n|\r|\n)", b"", raw)  # a mailbox file's line
    root = scan(raw)
    _refuse_loop(root)
    who = _checked(_listed(root))
    known_id = _known_id(root) or message_id
    skeleton, parts = _taken_apart(raw, root, _missing(root, known_id, date))
    return Split(
        skeleton=skeleton,
        parts=parts,
        sender=next(iter(who["from"]), None),
        to=who["to"],
        cc=who["cc"],
        bcc=who["bcc"],
        subject=header.text(b"".join(root.values("subject")[:1])),
        message_id=known_id,
    )


def _written(mail: Message) -> bytes:
    """Return a mail as bytes, its own header fields written by our writer."""
    given = [(name, str(value)) for name, value in mail.items()]
    _refuse_injected(given)
    fields = [_field(*each) for each in given if not _about_content(each[0])]
    rest = copy(mail)
    for name in {name for name in mail if not _about_content(name)}:
        del rest[name]
    policy = rest.policy.clone(linesep="\r\n", mangle_from_=False)
    try:
        return b"".join(fields) + rest.as_bytes(policy=policy)
    except (MessageError, LookupError, TypeError, ValueError):
        reason = "cannot be written as a mail"
        raise InvalidMessage([Problem(field="message", reason=reason)]) from None


def _refuse_injected(fields: Iterable[tuple[str, str]]) -> None:
    for name, value in fields:
        if not _NAME.fullmatch(name) or _NEW_LINE.search(value):
            reason = "has a header with a line break in its name or value"
            raise InvalidMessage([Problem(field="message", reason=reason)])


def _about_content(name: str) -> bool:
    return name.lower().startswith("content-")


def _field(name: str, value: str) -> bytes:
    unfolded = re.sub(r"[\r\n]+(?=[ \t])", "", value)
    data = unfolded.encode("utf-8", "surrogatepass")
    if name.lower() in _ADDRESSES:
        return header.address_field(name, header.addresses(data))
    return header.field(name, header.text(data))


def _refuse_loop(root: Part) -> None:
    if len(root.values("received")) > MOST_RECEIVED:
        reason = f"stands there more than {MOST_RECEIVED} times: a loop"
        raise InvalidMessage([Problem(field="received", reason=reason)])


def _listed(root: Part) -> dict[str, list[Address]]:
    """Return the addresses of each field, no more than a mail may have."""
    listed = {
        name: [each for value in root.values(name) for each in header.addresses(value)]
        for name in _ADDRESSES
    }
    problems = crowd(sum(len(listed[name]) for name in ("to", "cc", "bcc")))
    for name, most in (("from", 1), ("sender", 1), ("reply-to", MOST_RECIPIENTS)):
        if len(listed[name]) > most:
            reason = f"must not list more than {most}"
            problems.append(Problem(field=name, reason=reason))
    if problems:
        raise InvalidMessage(problems)
    return listed


def _checked(
    listed: Mapping[str, Sequence[Address]],
) -> dict[str, tuple[Address, ...]]:
    problems: list[Problem] = []
    good = {name: tuple(_good(name, who, problems)) for name, who in listed.items()}
    if problems:
        raise InvalidMessage(problems)
    return good


def _good(
    name: str, addresses: Sequence[Address], problems: list[Problem]
) -> Iterator[Address]:
    for number, address in enumerate(addresses):
        try:
            yield checked(address)
        except ValueError as error:
            problems.append(Problem(field=f"{name}[{number}]", reason=str(error)))


def _known_id(root: Part) -> str:
    found = [id for id in root.values("message-id") if _MESSAGE_ID.fullmatch(id)]
    return found[0].decode("ascii") if found else ""


def _missing(root: Part, message_id: str, date: datetime) -> bytes:
    """Return the Message-ID, and what every mail has but this one does not."""
    lines = [f"Message-ID: {message_id}\r\n"]
    if not root.values("date"):
        lines.append(f"Date: {format_datetime(date)}\r\n")
    if not root.values("mime-version"):
        lines.append("MIME-Version: 1.0\r\n")
    return "".join(lines).encode()


def _taken_apart(
    raw: bytes, root: Part, missing: bytes
) -> tuple[bytes, tuple[bytes, ...]]:
    parts: list[bytes] = []
    edits: list[Edit] = []
    chosen = body(raw, root, root.walk())
    for part in root.walk():
        add = missing if part is root else b""
        drop = {MARKER.lower()} | (_NOT_PASSED_ON if part is root else set())
        data = None if _stays(raw, part, chosen) else _content(raw, part)
        if data is not None:
            parts.append(data)
            add += _marks(part, len(parts))
            drop |= set() if _message(part) else {"content-transfer-encoding"}
            edits.append(Edit(start=part.body, end=part.end))
        if part.fields or part.start < part.end or add:
            edits.append(head(raw, part, drop=drop, add=add))
    return apply(raw, edits), tuple(parts)


def _stays(raw: bytes, part: Part, chosen: Body) -> bool:
    if part.children or part.sealed or part.type.startswith("multipart/"):
        return True
    if part.type.startswith("text/"):
        kept = bool(chosen.structures) or chosen.holds(part)
        return not filed(part) and (kept or blank(raw, part))
    return _message(part) and part.start == 0  # the mail itself


def _message(part: Part) -> bool:
    return part.type.startswith("message/")


def _content(raw: bytes, part: Part) -> bytes | None:
    """Return what is in an attachment, or None when we cannot tell for sure."""
    if _message(part):
        return crlf(raw[part.body : part.end]) if part.encoding in UNCHANGED else None
    if part.type.startswith("text/") and part.encoding not in _BYTES:
        data = crlf(raw[part.body : part.end])
        return decoded(data, replace(part, body=0, end=len(data)))
    return decoded(raw, part)


def _marks(part: Part, number: int) -> bytes:
    mark = f"{MARKER}: {number}\r\n".encode()
    # A message inside a message may not be base64 (RFC 2046 section 5.2.1).
    return mark if _message(part) else b"Content-Transfer-Encoding: base64\r\n" + mark
