"""A message with its files beside it: multipart/form-data, read as it comes.

Nothing of it is kept in a temporary file, as Flask's own reader would: it would lie
there in the clear. RFC 7578 says what a form looks like.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import (
    Data,
    Epilogue,
    Event,
    Field,
    File,
    MultipartDecoder,
    NeedData,
)

from portal.errors import InvalidMessage, PortalError, Problem
from portal.intake.desk import Brought
from portal.intake.http.bodies import read_json
from portal.mail.message import MOST_ATTACHMENTS
from portal.mail.message.attachment import Label, label
from portal.mail.message.problems import shown

MESSAGE = "message"  # the part that is the message, as JSON
LONGEST_HEADER = 256 * 1024  # bytes of a part's header, or between the parts
UNCHANGED = ("", "7bit", "8bit", "binary")


class BrokenForm(PortalError):
    """The body must be multipart/form-data as RFC 7578 says, to its last boundary."""


class Form:
    """The parts of one form, each to be read before the next."""

    def __init__(self, pieces: Iterator[bytes], boundary: str) -> None:
        if not boundary:
            raise BrokenForm
        self._pieces = pieces
        self._decoder = MultipartDecoder(
            boundary.encode(), max_form_memory_size=LONGEST_HEADER
        )

    def __iter__(self) -> Iterator[Mapping[str, object] | Brought]:
        """Yield each file, and what the message says; raises InvalidMessage."""
        files, messages = 0, 0
        while not isinstance(event := self._next(), Epilogue):
            if isinstance(event, Field | File):
                is_message = event.name == MESSAGE
                messages, files = messages + is_message, files + (not is_message)
                _check_counts(messages, files)
                yield self._message() if is_message else self._file(event)

    def _message(self) -> Mapping[str, object]:
        message = read_json(self._content())
        if not isinstance(message, dict):
            raise _wrong(MESSAGE, "must be an object")
        return message

    def _file(self, part: Field | File) -> Brought:
        name = shown(part.name or "") or "a field without a name"
        if not isinstance(part, File):
            raise _wrong(name, "is no file; every other field goes into message")
        if part.headers.get("Content-Transfer-Encoding", "").lower() not in UNCHANGED:
            raise _wrong(name, "must not be encoded (RFC 7578 section 4.7)")
        return Brought(label=_label(name, part), pieces=self._content())

    def _content(self) -> Iterator[bytes]:
        while isinstance(event := self._next(), Data):
            yield event.data
            if not event.more_data:
                return

    def _next(self) -> Event:
        try:
            while isinstance(event := self._decoder.next_event(), NeedData):
                self._decoder.receive_data(next(self._pieces, None))
        except (ValueError, RequestEntityTooLarge):
            raise BrokenForm from None
        return event


def _check_counts(messages: int, files: int) -> None:
    if messages > 1:
        raise _wrong(MESSAGE, "must come once")
    if files > MOST_ATTACHMENTS:
        reason = f"must not have more than {MOST_ATTACHMENTS} entries"
        raise _wrong("attachments", reason)


def _label(name: str, part: File) -> Label:
    kind, _ = parse_options_header(part.headers.get("Content-Type"))
    given = {
        "name": part.filename,
        "content_type": kind or None,
        "content_id": part.headers.get("Content-ID"),
    }
    try:
        return label({key: value for key, value in given.items() if value is not None})
    except InvalidMessage as error:
        wrong = [replace(each, field=f"{name}.{each.field}") for each in error.problems]
        raise InvalidMessage(wrong) from None


def _wrong(field: str, reason: str) -> InvalidMessage:
    return InvalidMessage([Problem(field=field, reason=reason)])
