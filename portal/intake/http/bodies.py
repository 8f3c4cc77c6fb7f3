"""What a request brings, read piece by piece and never more than it may."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

from portal.errors import InvalidMessage, PortalError, TooLarge
from portal.explanations.own import doors

JSON_LIMIT = 5_000_000  # bytes
MOST_VALUES = 100_000  # in JSON: each costs a hundred times the memory of its text
# So much is read of what is refused, lest a client that is still sending it sees a
# broken connection instead of our answer.
READ_LIMIT = 10 * JSON_LIMIT
PIECE = 64 * 1024  # bytes
# As far as the next value begins outside a string; nothing is tried twice.
_VALUE = re.compile(rb'(?:[^",\[{]++|"(?:[^"\\]++|\\.)*+")*+[,\[{]', re.DOTALL)


class TooMuchJson(TooLarge):
    """A message has at most 5 MB as JSON; files go beside it in multipart form."""

    cause = doors.TOO_MUCH_JSON.name


class UnknownType(PortalError):
    """Content-Type must be application/json, multipart/form-data or message/rfc822."""


class Encoded(PortalError):
    """The body must come as it is, without a Content-Encoding."""


class Transformed(PortalError):
    """Transfer-Encoding must be chunked, or left out."""


class Malformed(PortalError):
    """The body must be JSON in UTF-8, without NaN, and name nothing twice."""


class Vanished(PortalError):
    """The body ended before it was complete; nothing was stored."""


def read_json(pieces: Iterator[bytes]) -> object:
    """Read JSON that comes in pieces; raise TooLarge, InvalidMessage or Malformed."""
    text = bytearray()
    for piece in pieces:
        text += piece
        if len(text) > JSON_LIMIT:
            raise TooMuchJson
    _count_values(text)
    try:
        return json.loads(
            text.decode("utf-8-sig"),
            object_pairs_hook=_distinct,
            parse_constant=_unknown,
        )
    except (ValueError, RecursionError):
        raise Malformed from None


@dataclass(frozen=True, kw_only=True)
class Body:
    """What is still to come of a request; `read` raises Vanished when nobody sends."""

    read: Callable[[int], bytes]
    length: int | None  # bytes, as was said beforehand

    def pieces(self, most: int, refusal: TooLarge) -> Iterator[bytes]:
        """Yield it; raise that if it is said to be more, Vanished if it is less."""
        if self.length is not None and self.length > most:
            raise refusal
        received = 0
        while piece := self.read(PIECE):
            received += len(piece)
            yield piece
        if self.length is not None and received < self.length:
            raise Vanished

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Read on for a while after a refusal, so that whoever sends hears of it."""
        try:
            yield
        except Vanished:
            raise
        except PortalError:
            self._read_on()
            raise

    def _read_on(self) -> None:
        left = READ_LIMIT
        try:
            while left > 0 and (piece := self.read(PIECE)):
                left -= len(piece)
        except (Vanished, OSError):
            return  # nobody is there any more to hear it


def _count_values(text: bytearray) -> None:
    at = count = 0
    while found := _VALUE.match(text, at):
        at, count = found.end(), count + 1
        if count > MOST_VALUES:
            reason = f"has more than {MOST_VALUES} values"
            raise InvalidMessage.of("message", reason)


def _distinct(members: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(members)
    if len(found) < len(members):
        raise ValueError("A name stands there twice.")
    return found


def _unknown(constant: str) -> NoReturn:
    raise ValueError(f"JSON has no {constant}.")
