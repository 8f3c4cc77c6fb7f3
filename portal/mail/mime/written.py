"""A mail of the standard library's, as bytes."""

from copy import copy
from email.errors import MessageError
from email.message import Message

from portal.errors import InvalidMessage, Problem
from portal.mail.mime import header

_ADDRESSES = {"from", "sender", "to", "cc", "bcc", "reply-to"}


def written(mail: Message) -> bytes:
    """Return a mail with CRLF line ends, its own header fields written by our writer.

    A line break in a value becomes a space: it cannot start another field.
    """
    fields = [
        _field(name, str(value))
        for name, value in mail.items()
        if not _about_content(name)
    ]
    body = copy(mail)
    for name in {name for name in mail if not _about_content(name)}:
        del body[name]
    policy = body.policy.clone(linesep="\r\n", mangle_from_=False)
    try:
        return b"".join(fields) + body.as_bytes(policy=policy)
    except (MessageError, LookupError, TypeError, ValueError):
        reason = "cannot be written as a mail"
        raise InvalidMessage([Problem(field="message", reason=reason)]) from None


def _about_content(name: str) -> bool:
    return name.lower().startswith("content-")


def _field(name: str, value: str) -> bytes:
    data = value.encode("utf-8", "surrogatepass")
    if name.lower() in _ADDRESSES:
        return header.address_field(name, header.addresses(data))
    return header.field(name, header.text(data))
