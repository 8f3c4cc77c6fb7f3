"""Finished mails for tests, taken apart and put together."""

import email
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage, Message

import pytest

from portal.errors import InvalidMessage
from portal.mail import mime
from portal.mail.mime.edit import marked
from portal.mail.mime.tree import scan

DATE = datetime(2026, 11, 20, 12, tzinfo=UTC)
HEAD = (
    b"From: ann@x.example\r\nTo: ben@x.example\r\nSubject: S\r\nMIME-Version: 1.0\r\n"
)


def split(mail: bytes | Message) -> mime.Split:
    return mime.split(mail, message_id="<new@x.example>", date=DATE)


def whole(mail: mime.Split) -> bytes:
    made = b"".join(mime.render(mail.skeleton, lambda n: [mail.parts[n - 1]]))
    sizes = [len(part) for part in mail.parts]
    assert mime.rendered_size(mail.skeleton, sizes) == len(made)
    return made


def parsed(mail: mime.Split) -> EmailMessage:
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
