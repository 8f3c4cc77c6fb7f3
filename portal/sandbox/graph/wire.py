"""The connection a call came over: lost before, amid and after what is said over it.

Both servers hand their socket in, and go on with one that leads nowhere: what they
write then reaches nobody, and they take the client for gone.
"""

import os
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Response, request
from werkzeug.http import http_date

AT_ONCE = struct.pack("ii", 1, 0)  # linger for no time: closing sends RST, not FIN
MISSING_BYTES = 64

End = Callable[[socket.socket, Response], None]


class Ended(Response):
    """An answer that is not the server's to send: the connection ends in its way."""

    default_mimetype = None
    whole = False  # whether it gets to the client all the same

    def __init__(self, answer: Response, end: End) -> None:
        super().__init__(answer.response, answer.status, answer.headers)
        self.end = end

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        held = environ.get("gunicorn.socket") or environ["werkzeug.socket"]
        self.end(held, self)
        start_response("500 Internal Server Error", [])
        return []


def reset() -> Response:
    """Reset the connection instead of answering, as a broken network does."""
    return Ended(Response(), _reset)


def drop() -> Response:
    """Close the connection instead of answering."""
    return Ended(Response(), _drop)


def break_off(answer: Response, after_bytes: int | None) -> Response:
    """Close the connection amid the answer; unless given, amid its body.

    The answer promises more than comes, even where it has no body.
    """
    return Ended(answer, partial(_break_off, after_bytes))


def leave(answer: Response, seconds: float) -> Response:
    """Answer whole and keep the connection, but close it as a next request comes.

    It is closed after so many seconds if none does.
    """
    left = Ended(answer, partial(_leave, seconds))
    left.whole = True
    return left


def _reset(held: socket.socket, _answer: Response) -> None:
    with _taken(held) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)


def _drop(held: socket.socket, _answer: Response) -> None:
    _taken(held).close()


def _break_off(after: int | None, held: socket.socket, answer: Response) -> None:
    body = answer.get_data()
    answer.content_length = len(body) + MISSING_BYTES
    held.sendall((_head(answer) + body[: len(body) // 2])[:after])
    _taken(held).close()


def _leave(seconds: float, held: socket.socket, answer: Response) -> None:
    held.sendall(_head(answer) + answer.get_data())
    waiting = (_taken(held), seconds)
    threading.Thread(target=_close_when_spoken_to, args=waiting, daemon=True).start()


def _close_when_spoken_to(connection: socket.socket, seconds: float) -> None:
    # What has come stays unread, so that closing resets: the next request is lost.
    with connection, suppress(OSError):
        connection.settimeout(seconds)
        connection.recv(1, socket.MSG_PEEK)


def _head(answer: Response) -> bytes:
    """Return status line and headers, as of a connection that is kept."""
    headers = answer.get_wsgi_headers(request.environ)
    headers["Date"] = http_date()
    return f"HTTP/1.1 {answer.status}\r\n{headers}".encode("latin-1")


def _taken(held: socket.socket) -> socket.socket:
    """Take a connection away from its server, who keeps a dead end in its place."""
    taken = socket.socket(fileno=os.dup(held.fileno()))
    dead_end, other_end = socket.socketpair()
    with dead_end, other_end:
        os.dup2(dead_end.fileno(), held.fileno(), inheritable=False)
    return taken
