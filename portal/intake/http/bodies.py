"""What a request brings, read piece by piece and never more than it may."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from flask import request
from werkzeug.exceptions import ClientDisconnected, HTTPException

from portal.errors import PortalError, TooLarge

JSON_LIMIT = 5_000_000  # bytes
# So much is read of what is refused, lest a client that is still sending it sees a
# broken connection instead of our answer.
READ_LIMIT = 10 * JSON_LIMIT
PIECE = 64 * 1024  # bytes
TOO_LARGE = "A message has at most 5 MB as JSON; files go beside it in multipart form."


class Malformed(PortalError):
    """The body must be JSON in UTF-8, without NaN, and name nothing twice."""


def whole_json() -> object:
    """Read a body of JSON; raise TooLarge or Malformed."""
    return read_json(pieces(JSON_LIMIT, TOO_LARGE))


def read_json(body: Iterator[bytes]) -> object:
    """Read JSON that comes in pieces; raise TooLarge or Malformed."""
    text = bytearray()
    for piece in body:
        text += piece
        if len(text) > JSON_LIMIT:
            raise TooLarge(TOO_LARGE)
    try:
        return json.loads(
            text.decode("utf-8-sig"),
            object_pairs_hook=_distinct,
            parse_constant=_unknown,
        )
    except (ValueError, RecursionError):
        raise Malformed from None


def pieces(most: int, reason: str) -> Iterator[bytes]:
    """Yield the body of this request; raise TooLarge if it says that it has more.

    Raises ClientDisconnected if less comes than was said.
    """
    # Flask would read none of what it takes for too large.
    request.max_content_length = sys.maxsize
    said = request.content_length
    if said is not None and said > most:
        raise TooLarge(reason)
    received = 0
    while piece := request.stream.read(PIECE):
        received += len(piece)
        yield piece
    if said is not None and received < said:
        raise ClientDisconnected


@contextmanager
def heard() -> Iterator[None]:
    """Read on for a while after a refusal, so that whoever sends hears of it."""
    try:
        yield
    except PortalError:
        _read_on()
        raise


def _read_on() -> None:
    left = READ_LIMIT
    try:
        while left > 0 and (piece := request.stream.read(PIECE)):
            left -= len(piece)
    except (HTTPException, OSError):
        return  # nobody is there any more to hear it


def _distinct(members: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(members)
    if len(found) < len(members):
        raise ValueError("A name stands there twice.")
    return found


def _unknown(constant: str) -> NoReturn:
    raise ValueError(f"JSON has no {constant}.")
