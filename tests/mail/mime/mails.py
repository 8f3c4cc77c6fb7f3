"""Finished mails for tests, taken apart and put together."""

import email
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage, Message
from itertools import groupby
from operator import itemgetter

import pytest

from portal.errors import InvalidMessage
from portal.mail import mime
from portal.mail.mime.apart.source import BLOCK
from portal.mail.mime.edit import marked
from portal.mail.mime.tree import scan

DATE = datetime(2026, 11, 20, 12, tzinfo=UTC)
HEAD = (
    b"From: ann@x.example\r\nTo: ben@x.example\r\nSubject: S\r\nMIME-Version: 1.0\r\n"
)


@dataclass(frozen=True, kw_only=True)
class Split:
    """A mail taken apart; attachment number n is `parts[n - 1]`, as it stood."""

    skeleton: bytes
    parts: tuple[bytes, ...]
    envelope: mime.Envelope

    @property
    def files(self) -> tuple[bytes, ...]:
        """What is in the attachments."""
        return tuple(
            b"".join(mime.unpacked([self.parts[leaf.number - 1]], leaf.encoding))
            for leaf in mime.outline(self.skeleton).attachments
        )


def split(mail: bytes | Message) -> Split:
    raw = mail if isinstance(mail, bytes) else mime.written(mail)
    return split_pieces([raw], block=BLOCK)


def split_pieces(pieces: Iterable[bytes], *, block: int = 1) -> Split:
    """Take a mail apart that comes in pieces, and is looked at in such blocks."""
    splitter = mime.Splitter(
        pieces, message_id="<new@x.example>", date=DATE, block=block
    )
    parts: list[bytes] = []
    for number, group in groupby(splitter.parts(), key=itemgetter(0)):
        assert number == len(parts) + 1
        parts.append(b"".join(piece for _, piece in group))
    return Split(
        skeleton=splitter.skeleton, parts=tuple(parts), envelope=splitter.envelope
    )


def whole(mail: Split) -> bytes:
    made = b"".join(mime.render(mail.skeleton, lambda n: [mail.parts[n - 1]]))
    sizes = [len(part) for part in mail.parts]
    assert mime.rendered_size(mail.skeleton, sizes) == len(made)
    return made


def parsed(mail: Split) -> EmailMessage:
    return email.message_from_bytes(whole(mail), policy=policy.default)


def problems(mail: bytes | Message) -> dict[str, str]:
    with pytest.raises(InvalidMessage) as refused:
        split(mail)
    return {each.field: each.reason for each in refused.value.problems}


def written(**fields: str) -> EmailMessage:
    mail = EmailMessage()
    for name, value in {"to": "ben@x.example", **fields}.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("hi\n")
    return mail


def markers(skeleton: bytes) -> list[int]:
    return [number for part in scan(skeleton).walk() if (number := marked(part))]
