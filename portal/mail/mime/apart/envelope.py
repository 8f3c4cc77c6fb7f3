"""What the header of a finished mail says about whom it is from and to."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from portal.errors import InvalidMessage, Problem
from portal.mail.message import Address
from portal.mail.message.address import checked
from portal.mail.message.problems import MOST_RECIPIENTS, crowd
from portal.mail.mime import header
from portal.mail.mime.apart.recipients import Recipients
from portal.mail.mime.edit import MARK, Edit, apply, without
from portal.mail.mime.tree import Part

MOST_RECEIVED = 50  # a mail that came by so many servers is going round in circles

_OTHERS = ("from", "reply-to", "sender")
_ADDRESSES = (*_OTHERS, "to", "cc", "bcc")
_NOT_PASSED_ON = ("bcc", "resent-bcc", "return-path", MARK)
_MESSAGE_ID = re.compile(rb"<[!-;=?-~]{3,250}>")


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """What a mail says for itself, known before its first part has come."""

    sender: Address | None  # None: the mail does not say whom it is from
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    subject: str
    message_id: str
    differs: bool = False  # it came in an envelope that names others


def read(root: Part, message_id: str, recipients: Recipients | None) -> Envelope:
    """Read the header of a mail; raise InvalidMessage, which names every wrong field.

    `message_id` is for a mail that has none; its domain is From's, if there is one. The
    recipients of an envelope count more than To and Cc, and Bcc counts nothing beside
    them.
    """
    _refuse_loop(root)
    who = _checked(_listed(root, _OTHERS if recipients else _ADDRESSES))
    if recipients:
        who |= {name: recipients.named(root, name) for name in ("to", "cc")}
        who["bcc"] = recipients.unseen(root)
    sender = next(iter(who["from"]), None)
    return Envelope(
        differs=recipients is not None and recipients.differs(root),
        sender=sender,
        to=who["to"],
        cc=who["cc"],
        bcc=who["bcc"],
        subject=header.text(b"".join(root.values("subject")[:1])),
        message_id=_known_id(root) or _from_there(message_id, sender),
    )


def passed_on(
    raw: bytes,
    root: Part,
    message_id: str,
    date: datetime,
    recipients: Recipients | None,
) -> bytes:
    """Return the header as it goes on: without Bcc, and with what every mail has.

    To and Cc name nobody but the recipients of its envelope.
    """
    edits = without(root.fields, _NOT_PASSED_ON)
    edits += recipients.kept(raw, root) if recipients else ()
    known = _known_id(root).encode()
    ids = [field for field in root.fields if field.name == "message-id"]
    kept = next((field for field in ids if known and field.value == known), None)
    edits += [Edit(start=id.start, end=id.end) for id in ids if id is not kept]
    return _missing(root, message_id, date) + apply(raw, edits)


def _refuse_loop(root: Part) -> None:
    if len(root.values("received")) > MOST_RECEIVED:
        reason = f"stands there more than {MOST_RECEIVED} times: a loop"
        raise InvalidMessage.of("received", reason)


def _listed(root: Part, names: Sequence[str]) -> dict[str, list[Address]]:
    """Return the addresses of each field, no more than a mail may have."""
    listed = {
        name: [each for value in root.values(name) for each in header.addresses(value)]
        for name in names
    }
    people = [name for name in names if name not in _OTHERS]
    problems = crowd(sum(len(listed[name]) for name in people)) if people else []
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


def _from_there(message_id: str, sender: Address | None) -> str:
    if sender is None:
        return message_id
    return f"{message_id.partition('@')[0]}@{sender.address.rpartition('@')[2]}>"


def _known_id(root: Part) -> str:
    found = [id for id in root.values("message-id") if _MESSAGE_ID.fullmatch(id)]
    return found[0].decode("ascii") if found else ""


def _missing(root: Part, message_id: str, date: datetime) -> bytes:
    """Return what every mail has but this one does not."""
    lines = [] if _known_id(root) else [f"Message-ID: {message_id}\r\n"]
    if not root.values("date"):
        lines.append(f"Date: {format_datetime(date)}\r\n")
    if not root.values("mime-version"):
        lines.append("MIME-Version: 1.0\r\n")
    return "".join(lines).encode()
