"""A message: what somebody wants to be sent, checked the same way for every door."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from types import MappingProxyType
from typing import Annotated, Literal, Self, TypedDict, Unpack

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
)

from portal.errors import InvalidMessage, Problem
from portal.mail.message.address import Address, checked, read
from portal.mail.message.attachment import Attachment
from portal.mail.message.line import (
    HEADER_NAME,
    ONE_LINE,
    header_name,
    one_line,
    unicode,
)
from portal.mail.message.problems import (
    MOST_PROBLEMS,
    MOST_RECIPIENTS,
    crowd,
    overlong,
    problems,
)

__all__ = [
    "MOST_ATTACHMENTS",
    "Address",
    "Attachment",
    "Message",
    "Priority",
    "meaning",
    "parse",
]

MOST_ATTACHMENTS = 500
MOST_HEADERS = 50
MOST_TAGS = 10
_LONGEST_VALUE = 2000  # characters of a header
_MOST_NAMES = 20  # in an attachment, which has four
_MOST = {
    "attachments": MOST_ATTACHMENTS,
    "headers": MOST_HEADERS,
    "reply_to": MOST_RECIPIENTS,
    "tags": MOST_TAGS,
}

Priority = Literal["high", "normal", "low"]
Mailboxes = str | Address | Sequence[str | Address] | None


def _mailbox(value: object) -> Address:
    if isinstance(value, Address):
        return checked(value)
    if not isinstance(value, str):
        raise ValueError("must be text: an address")
    return read(value)


def _listed(value: object) -> list[object] | tuple[object, ...]:
    if value is None:
        return ()
    if isinstance(value, list | tuple):
        return value
    return (value,)


def _distinct_names(headers: Mapping[str, str]) -> Mapping[str, str]:
    if len({name.lower() for name in headers}) < len(headers):
        raise ValueError("must not name a header twice")
    return MappingProxyType(headers)


def _distinct_ids(attachments: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
    ids = [each.content_id for each in attachments if each.content_id]
    if len(set(ids)) < len(ids):
        raise ValueError("must not use a content_id twice")
    return attachments


def _moment(value: object) -> datetime:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        time = None
    if not isinstance(time, datetime) or time.utcoffset() is None:
        raise ValueError("must be a date and time with its offset from UTC")
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be in the years 1 to 9999") from None


_Text = Annotated[str, AfterValidator(unicode)]
_Subject = Annotated[str, Field(max_length=998), AfterValidator(one_line), ONE_LINE]
# RFC 5322 section 3.4 calls it so: an address, perhaps with a name before it.
_Written = Annotated[str, WithJsonSchema({"type": "string", "format": "mailbox"})]
_Mailbox = Annotated[Address, PlainValidator(_mailbox, json_schema_input_type=_Written)]
_Mailboxes = Annotated[
    tuple[_Mailbox, ...],
    BeforeValidator(_listed, json_schema_input_type=_Written | list[_Written]),
]
_Time = Annotated[datetime, PlainValidator(_moment, json_schema_input_type=datetime)]
_HeaderName = Annotated[str, AfterValidator(header_name)]
_HeaderValue = Annotated[
    str,
    Field(max_length=_LONGEST_VALUE),
    AfterValidator(one_line),
    AfterValidator(str.strip),
]
_Headers = Annotated[
    Mapping[_HeaderName, _HeaderValue],
    Field(max_length=MOST_HEADERS),
    AfterValidator(_distinct_names),
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"pattern": HEADER_NAME.text},
            "additionalProperties": {
                "type": "string",
                "maxLength": _LONGEST_VALUE,
                "pattern": ONE_LINE.text,
            },
            "maxProperties": MOST_HEADERS,
        }
    ),
]
_Word = Annotated[
    str, Field(min_length=1, max_length=64), AfterValidator(one_line), ONE_LINE
]
_Attachments = Annotated[
    tuple[Attachment, ...],
    Field(max_length=MOST_ATTACHMENTS),
    AfterValidator(_distinct_ids),
]


class Fields(TypedDict, total=False):
    """What `Message` takes; `from` is called `sender` in Python."""

    sender: str | Address | None
    to: Mailboxes
    cc: Mailboxes
    bcc: Mailboxes
    reply_to: Mailboxes
    subject: str
    text: str | None
    html: str | None
    headers: Mapping[str, str]
    attachments: Sequence[Attachment]
    account: str | None
    priority: Priority
    expires_at: datetime | str | None
    tags: Sequence[str]


class Message(BaseModel):
    """A mail to be sent: whom to, what, and how."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        validate_by_alias=True,
        validate_by_name=True,
    )

    sender: _Mailbox | None = Field(
        None, alias="from", description="Who it is from; else the account's address."
    )
    to: _Mailboxes = Field((), description="Whom it is to.")
    cc: _Mailboxes = Field((), description="Who gets a copy.")
    bcc: _Mailboxes = Field((), description="Who gets a copy unseen by the others.")
    reply_to: _Mailboxes = Field((), description="Where answers shall go.")
    subject: _Subject = Field("", description="Subject line.")
    text: _Text | None = Field(None, description="Body as plain text.")
    html: _Text | None = Field(None, description="Body as HTML.")
    headers: _Headers = Field(
        {}, description="Further headers by name.", validate_default=True
    )
    attachments: _Attachments = Field((), description="Files to send along.")
    account: _Word | None = Field(None, description="Mail account; else the default.")
    priority: Priority = Field("normal", description="How urgent it is.")
    expires_at: _Time | None = Field(
        None, description="When to give up sending it, with the offset from UTC."
    )
    tags: tuple[_Word, ...] = Field(
        (), max_length=MOST_TAGS, description="Words to find it by in the mail log."
    )

    def __init__(self, **fields: Unpack[Fields]) -> None:
        """Check all fields; raise InvalidMessage, which names every wrong one."""
        self._fill(fields, by_name=True)

    @classmethod
    def _parsed(cls, data: Mapping[str, object]) -> Self:
        message = cls.__new__(cls)
        message._fill(data, by_name=False)
        return message

    def _fill(self, data: Mapping[str, object], *, by_name: bool) -> None:
        _refuse_floods(data)
        found = crowd(_recipients(data))
        # So many names cannot all be known: whatever is cut off, it will be refused.
        named = dict(islice(data.items(), 2 * MOST_PROBLEMS))
        try:
            self.__pydantic_validator__.validate_python(
                named, self_instance=self, by_alias=True, by_name=by_name
            )
        except ValidationError as error:
            found += problems(error, data)
        if found:
            raise InvalidMessage(found)

    @property
    def recipients(self) -> tuple[Address, ...]:
        """Everybody who shall get it: to, cc and bcc."""
        return self.to + self.cc + self.bcc

    def __repr__(self) -> str:
        # What a mail says, and to whom, must not end up in a log by accident.
        return f"<Message to {len(self.recipients)}>"

    __str__ = __repr__


def parse(data: object, files: Iterable[Attachment] = ()) -> Message:
    """Read a message from decoded JSON; `files` came beside it and are attached too.

    Nothing in `data` can name a file of this machine.
    """
    if not isinstance(data, dict):
        raise InvalidMessage.of("message", "must be an object")
    attached = data.get("attachments", [])
    if isinstance(attached, list):
        data = data | {"attachments": [*attached, *files]}
    return Message._parsed(data)


def meaning(message: Message) -> bytes:
    """Return what makes two messages the same, as canonical JSON.

    The attachments are read, in pieces.
    """
    values = {name: getattr(message, name) for name in Message.model_fields}
    values["headers"] = dict(message.headers)
    values["attachments"] = [
        [each.name, each.content_type, each.content_id, each.digest()]
        for each in message.attachments
    ]
    return json.dumps(values, default=_plain, sort_keys=True).encode()


def _refuse_floods(data: Mapping[str, object]) -> None:
    """Raise InvalidMessage for what is too long: pydantic would read it to its end."""
    count = _recipients(data)
    found = crowd(count) if count else []
    if found := [*found, *_overlong(data)]:
        raise InvalidMessage(found)


def _overlong(data: Mapping[str, object]) -> Iterator[Problem]:
    for name, most in _MOST.items():
        yield from overlong(name, data.get(name), most)
    attachments = _listed(data.get("attachments"))
    for number, each in enumerate(attachments[:MOST_ATTACHMENTS]):
        yield from overlong(f"attachments[{number}]", each, _MOST_NAMES)


def _recipients(data: Mapping[str, object]) -> int:
    return sum(len(_listed(data.get(name))) for name in ("to", "cc", "bcc"))


def _plain(value: object) -> object:
    return [value.name, value.address] if isinstance(value, Address) else str(value)
