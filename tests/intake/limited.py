"""What a key with limits brings to the desk."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from portal.accept import Caller
from portal.intake import desk
from portal.intake.desk import Brought
from portal.mail.message import Message
from portal.mail.message.attachment import label

MAIL = b"From: <%s>\nTo: jane@example.com\n\nHello\n"
PIECE = b"x" * 64 * 1024


def send(caller: Caller, **fields: Any) -> UUID:
    message = Message(**{"to": "jane@example.com", "text": "Hello", **fields})
    return UUID(desk.take(message, caller).id)


def endless(taken: list[int]) -> Iterator[bytes]:
    """Yield bytes for ever, and count the pieces that somebody took."""
    while True:
        taken.append(len(PIECE))
        yield PIECE


def form(pieces: Iterator[bytes], *, message_first: bool) -> Iterator[Any]:
    paper = {"to": "jane@example.com", "text": "Hello"}
    file = Brought(label=label({"name": "a.bin"}), pieces=pieces)
    return iter([paper, file] if message_first else [file, paper])
