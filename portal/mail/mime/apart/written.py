"""A mail of the standard library as bytes, its own header fields written by our writer.

Python's writer folds them so that some readers stumble, and lets line breaks through.
"""

import re
from collections.abc import Iterable
from copy import copy, deepcopy
from email.encoders import encode_base64
from email.errors import MessageError
from email.message import Message

from portal.errors import InvalidMessage
from portal.mail.mime import header

_ADDRESSES = ("from", "to", "cc", "bcc", "reply-to", "sender")
_NAME = re.compile("[!-9;-~]+")
_NEW_LINE = re.compile(r"[\r\n](?![ \t\r\n]|\Z)")  # one that does not go on


def written(mail: Message) -> bytes:
    """Return the mail; raise InvalidMessage if it cannot be written."""
    given = [(name, str(value)) for name, value in mail.items()]
    _refuse_injected(given)
    fields = [_field(*each) for each in given if not _about_content(each[0])]
    rest = _packed(mail)
    for name in {name for name in mail if not _about_content(name)}:
        del rest[name]
    policy = rest.policy.clone(linesep="\r\n", mangle_from_=False)
    try:
        return b"".join(fields) + rest.as_bytes(policy=policy)
    except (MessageError, LookupError, TypeError, ValueError):
        reason = "cannot be written as a mail"
        raise InvalidMessage.of("message", reason) from None


def _refuse_injected(fields: Iterable[tuple[str, str]]) -> None:
    for name, value in fields:
        if not _NAME.fullmatch(name) or _NEW_LINE.search(value):
            reason = "has a header with a line break in its name or value"
            raise InvalidMessage.of("message", reason)


def _packed(mail: Message) -> Message:
    """Return a copy whose bytes survive Python's writer, which ends all lines alike."""
    if not any(map(_binary, mail.walk())):
        return copy(mail)
    packed = deepcopy(mail)
    for part in filter(_binary, packed.walk()):
        content = part.get_payload(decode=True)
        del part["content-transfer-encoding"]
        part.set_payload(content)
        encode_base64(part)
    return packed


def _binary(part: Message) -> bool:
    encoding = str(part.get("content-transfer-encoding", ""))
    return encoding.strip().lower() == "binary" and not part.is_multipart()


def _about_content(name: str) -> bool:
    return name.lower().startswith("content-")


def _field(name: str, value: str) -> bytes:
    unfolded = re.sub(r"[\r\n]+(?=[ \t])", "", value)
    data = unfolded.encode("utf-8", "surrogatepass")
    if name.lower() in _ADDRESSES:
        return header.address_field(name, header.addresses(data))
    return header.field(name, header.text(data))
