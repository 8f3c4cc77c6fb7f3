"""A message with its files beside it: multipart/form-data, read as it comes.

Nothing of it is kept in a temporary file, as Flask would: it would lie there in the
clear. RFC 7578 says what a form looks like.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import (
    Data,
    Epilogue,
    Field,
    File,
    MultipartDecoder,
    NeedData,
)

from portal.errors import InvalidMessage, PortalError
from portal.intake.desk import Brought
from portal.intake.http.bodies import Malformed, read_json
from portal.mail.message import MOST_ATTACHMENTS
from portal.mail.message.attachment import Label, label
from portal.mail.message.problems import shown

MESSAGE = "message"  # the part that is the message, as JSON
LONGEST_HEADER = 256 * 1024  # bytes of a part's header, or between the parts
NO_JSON = "The part message must be JSON in UTF-8, without NaN, and name nothing twice."
UNCHANGED = ("", "7bit", "8bit", "binary")


class BrokenForm(PortalError):
    """The body must be multipart/form-data as RFC 7578 says, to its last boundary."""


@dataclass(frozen=True, kw_only=True)
class Heading:
    """What stands above one part of a form."""

    name: str  # of the field
    file_name: str | None  # None: it is no file
    content_type: str | None  # without parameters
    content_id: str | None
    encoding: str


class Form:
    """The parts of one form, each to be read before the next.

    Made of what comes: a heading, then the pieces of what is under it, and so on.
    """

    def __init__(self, read: Iterator[Heading | bytes]) -> None:
        self._read = read
        self._heading: Heading | None = None

    def __iter__(self) -> Iterator[Mapping[str, object] | Brought]:
        """Yield each file, and what the message says; raises InvalidMessage."""
        files, messages = 0, 0
        for _ in self._content():
            raise BrokenForm  # it stands under no heading
        while heading := self._heading:
            is_message = heading.name == MESSAGE
            messages, files = messages + is_message, files + (not is_message)
            _check_counts(messages, files)
            yield self._message() if is_message else self._file(heading)

    def _message(self) -> Mapping[str, object]:
        try:
            message = read_json(self._content())
        except Malformed:
            raise Malformed(NO_JSON) from None
        if not isinstance(message, dict):
            raise InvalidMessage.of(MESSAGE, "must be an object")
        return message

    def _file(self, heading: Heading) -> Brought:
        name = shown(heading.name) or "a field without a name"
        if heading.file_name is None:
            raise InvalidMessage.of(
                name, "is no file; every other field goes into message"
            )
        if heading.encoding.lower() not in UNCHANGED:
            raise InvalidMessage.of(name, "must not be encoded (RFC 7578 section 4.7)")
        return Brought(label=_label(name, heading), pieces=self._content())

    def _content(self) -> Iterator[bytes]:
        """Yield what is under a heading, and leave the next one at hand."""
        self._heading = None
        for each in self._read:
            if isinstance(each, Heading):
                self._heading = each
                return
            yield each


def parts(pieces: Iterator[bytes], boundary: str) -> Iterator[Heading | bytes]:
    """Yield a heading of the form, then the pieces of what is under it, and so on."""
    if not boundary:
        raise BrokenForm
    decoder = MultipartDecoder(boundary.encode(), max_form_memory_size=LONGEST_HEADER)
    try:
        while not isinstance(event := decoder.next_event(), Epilogue):
            if isinstance(event, NeedData):
                decoder.receive_data(next(pieces, None))
            elif isinstance(event, Field | File):
                yield _heading(event)
            elif isinstance(event, Data):
                yield event.data
    except (ValueError, RequestEntityTooLarge):
        raise BrokenForm from None


def _heading(part: Field | File) -> Heading:
    return Heading(
        name=part.name or "",
        file_name=part.filename if isinstance(part, File) else None,
        content_type=parse_options_header(part.headers.get("Content-Type"))[0] or None,
        content_id=part.headers.get("Content-ID"),
        encoding=part.headers.get("Content-Transfer-Encoding", ""),
    )


def _check_counts(messages: int, files: int) -> None:
    if messages > 1:
        raise InvalidMessage.of(MESSAGE, "must come once")
    if files > MOST_ATTACHMENTS:
        reason = f"must not have more than {MOST_ATTACHMENTS} entries"
        raise InvalidMessage.of("attachments", reason)


def _label(name: str, heading: Heading) -> Label:
    given = {
        "name": heading.file_name,
        "content_type": heading.content_type,
        "content_id": heading.content_id,
    }
    try:
        return label({key: value for key, value in given.items() if value is not None})
    except InvalidMessage as error:
        wrong = [replace(each, field=f"{name}.{each.field}") for each in error.problems]
        raise InvalidMessage(wrong) from None
