"""Patience with slow clients: they are waited for by none of the threads that serve.

A request, with its body if that is short, is awaited beside all others. A longer body
is read as it comes, by threads that do nothing else, and not at any pace.
"""

import errno
import re
import socket
import struct
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import (  # type: ignore[import-untyped]
    TConn,
    ThreadWorker,
)

from portal import clock

CONNECTIONS = 800  # of a process, which may often open 1,024 files
REQUEST_SECONDS = 10.0  # from its first byte on
GOODBYE_SECONDS = 2.0  # for the client to close first, RFC 9112 section 9.6
SILENCE_SECONDS = 20  # amid a body or an answer
SLOWEST = 10_000  # bytes a second of a longer body, once it had SILENCE_SECONDS
SHORT = 64 * 1024  # bytes of a body
LONGEST_HEAD = 128 * 1024  # bytes
BLOCK = 64 * 1024
# An answer of some 400 KB is written at once, however slowly it is read.
BUFFER = 208 * 1024
HEAD_ENDS = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,9})[ \t]*(?:\r|$)")
UNKNOWN = re.compile(rb"\r\n(?:transfer-encoding|expect)[ \t]*:")


@dataclass(kw_only=True)
class Wait:
    """What a connection is waited for, and until when by `clock.seconds()`."""

    until: float
    came: bytearray = field(default_factory=bytearray)
    leaving: bool = False  # it was answered for the last time


def missing(came: bytes | bytearray) -> int | None:
    """Tell how many bytes of a request are missing at least; None of a longer one.

    Only to wait for them: what a request is, the server's own parser says.
    """
    end = came.find(HEAD_ENDS)
    if end < 0:
        return 1
    head = bytes(came[:end]).lower()
    given = LENGTH.search(head)
    length = int(given[1]) if given else 0
    if length > SHORT or UNKNOWN.search(head):
        return None
    return max(end + len(HEAD_ENDS) + length - len(came), 0)


class Paced:
    """The socket of a longer body, which its client has to keep sending."""

    def __init__(self, source: socket.socket) -> None:
        self._source = source
        self._waited = 0.0  # seconds
        self._came = 0  # bytes

    def recv(self, size: int) -> bytes:
        began = clock.seconds()
        try:
            piece = self._source.recv(size)
        except BlockingIOError:
            piece = None
        self._waited += clock.seconds() - began
        self._came += len(piece or b"")
        expected = (self._waited - SILENCE_SECONDS) * SLOWEST
        if piece is None or self._came < expected:
            raise ConnectionResetError(errno.ECONNRESET, "The client is too slow.")
        return piece

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Gives a request to a thread when it is there."""

    def init_process(self) -> None:
        self.waits: dict[TConn, Wait] = {}
        self.uploads = ThreadPoolExecutor(self.cfg.threads)
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        if self.nr_conns + 1 >= CONNECTIONS and self.waits:
            # Who is quick is not among those who have waited for long.
            self._drop(min(self.waits, key=lambda each: self.waits[each].until))
        super().accept(listener)

    def enqueue_req(self, conn: TConn) -> None:
        """Wait for a request that was begun, or may be; then have it handled."""
        came = conn.parser.unreader.take_buffered() if conn.parser else b""
        if conn.parser is None:
            _limit(conn.sock)
        wait = Wait(until=clock.seconds() + self.cfg.keepalive)
        self._await(conn, wait)
        self._hear(conn, wait, came)

    def finish_request(self, conn: TConn, future: Future[Any]) -> None:
        goes_on = not (future.cancelled() or future.exception()) and future.result()
        if goes_on:
            super().finish_request(conn, future)
        else:
            self._part(conn)

    def murder_pending(self) -> None:
        """Close what was waited for too long: who says nothing does not keep us."""
        now = clock.seconds()
        for conn, wait in [*self.waits.items()]:
            if not (self.alive or wait.came):
                wait.until = min(wait.until, now + GOODBYE_SECONDS)
            if wait.until < now:
                self._drop(conn)

    def _await(self, conn: TConn, wait: Wait) -> None:
        conn.sock.setblocking(False)
        self.waits[conn] = wait
        heard = partial(self._on_readable, conn, wait)
        self.poller.register(conn.sock, EVENT_READ, heard)

    def _on_readable(self, conn: TConn, wait: Wait, _: socket.socket) -> None:
        if self.waits.get(conn) is not wait:
            return  # it made room for somebody a moment ago
        try:
            piece = conn.sock.recv(BLOCK)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self._drop(conn)
        elif not wait.leaving:
            self._hear(conn, wait, piece)

    def _hear(self, conn: TConn, wait: Wait, piece: bytes) -> None:
        if piece and not wait.came:
            wait.until = clock.seconds() + REQUEST_SECONDS
        wait.came += piece
        lacks = missing(wait.came)
        if lacks and len(wait.came) > LONGEST_HEAD + SHORT:
            self._drop(conn)
        elif not lacks:
            self._forget(conn)
            self._begin(conn, bytes(wait.came), long=lacks is None)

    def _begin(self, conn: TConn, came: bytes, *, long: bool) -> None:
        conn.init()
        conn.parser.unreader.unread(came)
        conn.parser.unreader.sock = Paced(conn.sock) if long else conn.sock
        pool: Executor = self.uploads if long else self.tpool
        ended: Callable[[Future[Any]], None] = partial(
            self.method_queue.defer, self.finish_request, conn
        )
        pool.submit(self.handle, conn).add_done_callback(ended)

    def _part(self, conn: TConn) -> None:
        """Say no more, and let the client close first."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.nr_conns -= 1
            conn.close()
        else:
            until = clock.seconds() + GOODBYE_SECONDS
            self._await(conn, Wait(until=until, leaving=True))

    def _forget(self, conn: TConn) -> None:
        del self.waits[conn]
        with suppress(KeyError, ValueError):
            self.poller.unregister(conn.sock)

    def _drop(self, conn: TConn) -> None:
        self._forget(conn)
        self.nr_conns -= 1
        conn.close()


def _limit(sock: socket.socket) -> None:
    """Let no thread wait for long while it reads or writes."""
    silence = struct.pack("ll", SILENCE_SECONDS, 0)
    with suppress(OSError):  # it may be gone already
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            sock.setsockopt(socket.SOL_SOCKET, option, silence)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
