"""How long a request may take in all: one moment that each step of it obeys.

A timeout of a socket begins anew with every byte that comes. So each wait is given no
more than what is left, and what would begin after the deadline does not.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from socket import SocketIO, socket
from typing import Any

from portal import clock


@dataclass(frozen=True)
class Deadline:
    """When a request must be over, and how long one step of it may take."""

    until: float  # as clock.seconds() tells it
    connect: float  # seconds
    wait: float  # seconds, to send a block or to be answered


# The library hands nothing down to a connection but one number of seconds.
_current: ContextVar[Deadline] = ContextVar("deadline")


@contextmanager
def obeyed(deadline: Deadline) -> Iterator[None]:
    """Let every connection that this thread uses obey this deadline.

    Inside another it is over no later than that one.
    """
    outer = _current.get(None)
    if outer is not None:
        deadline = replace(deadline, until=min(deadline.until, outer.until))
    before = _current.set(deadline)
    try:
        yield
    finally:
        _current.reset(before)


def to_connect() -> float:
    """Return how many seconds connecting may take; raise TimeoutError if none."""
    return _no_longer_than(_current.get().connect)


def to_wait() -> float:
    """Return how many seconds the next wait may take; raise TimeoutError if none."""
    return _no_longer_than(_current.get().wait)


def _no_longer_than(seconds: float) -> float:
    if rest := left():
        return min(seconds, rest)
    raise TimeoutError("The request took too long.")


def left() -> float:
    """Return how many seconds the request has left in all, which may be none."""
    return max(0.0, _current.get().until - clock.seconds())


class Timely(RawIOBase):
    """What a socket says before the deadline."""

    def __init__(self, sock: socket, stream: SocketIO) -> None:
        self._sock = sock
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(to_wait())
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()


class Answer(HTTPResponse):
    """An answer that drips no longer than the deadline lets it."""

    def __init__(self, sock: socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp = BufferedReader(Timely(sock, self.fp.detach()))  # type: ignore[arg-type]
