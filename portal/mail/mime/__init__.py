"""A mail as bytes: a skeleton, and attachments that are kept beside it.

The skeleton is the whole MIME message with its attachments left empty; a field that no
mail from outside can bring says which of them belongs where.
"""

from portal.mail.mime.apart import Envelope, Recipients, Splitter, unpacked, written
from portal.mail.mime.compose import compose, new_message_id
from portal.mail.mime.detach import movable, without
from portal.mail.mime.edit import crlf
from portal.mail.mime.outline import Leaf, Outline, meaning, outline
from portal.mail.mime.render import (
    base64_size,
    render,
    rendered_size,
    renewed,
    with_sender,
)

__all__ = [
    "Envelope",
    "Leaf",
    "Outline",
    "Recipients",
    "Splitter",
    "base64_size",
    "compose",
    "crlf",
    "meaning",
    "movable",
    "new_message_id",
    "outline",
    "render",
    "rendered_size",
    "renewed",
    "unpacked",
    "with_sender",
    "without",
    "written",
]
