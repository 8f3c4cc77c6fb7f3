"""Files that are uploaded, and what came of them."""

import random
from hashlib import sha256
from typing import Any
from uuid import UUID

from portal.accept import Caller
from portal.intake import desk
from portal.mail.message import Attachment, Message
from tests.sandbox.serving import Sandbox

LARGE = 5_000_000  # bytes: two ranges


def content(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def file(size: int, name: str = "a.bin", seed: int = 1, **more: Any) -> Attachment:
    return Attachment(content(size, seed), name=name, **more)


def send(*files: Attachment, **fields: Any) -> UUID:
    fields = {"to": "jane@example.com", "subject": "Report", "text": "Well."} | fields
    brought = Message(attachments=files, **fields)
    return UUID(desk.take(brought, Caller(name="test")).id)


def arrived(microsoft: Sandbox) -> list[tuple[str, int, str]]:
    """Return name, size and hash of each file of the one mail that was sent."""
    [mail] = microsoft.mails()
    return [(f["name"], f["size"], f["sha256"]) for f in mail["attachments"]]


def looks(size: int, name: str = "a.bin", seed: int = 1) -> tuple[str, int, str]:
    return name, size, sha256(content(size, seed)).hexdigest()
