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
SILENCE_SECONDS = 20  # amid a body; of an answer at each of some three tries
SLOWEST = 10_000  # bytes a second of a longer body, once it had SILENCE_SECONDS
SHORT = 64 * 1024  # bytes of a body
LONGEST_HEAD = 128 * 1024  # bytes
BLOCK = 64 * 1024
# An answer of some 400 KB is written at once, however slowly it is read.
BUFFER = 208 * 1024
HEAD_ENDS = b"\r\n\r\n"
FRAMES = re.compile(rb"\r\n(content-length|transfer-encoding|expect)")
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*0*(\d{1,9})[ \t]*(?:\r|$)")


@dataclass(kw_only=True)
class Wait:
    """What a connection is waited for, and until when by `clock.seconds()`."""

    until: float
    came: bytearray = field(default_factory=bytearray)
    size: int = 0  # bytes of the request, of a longer one of its head; 0: not known yet
    long: bool = False
    leaving: bool = False  # it was answered for the last time

    @property
    def there(self) -> bool:
        """Tell whether a thread may have what came."""
        return 0 < self.size <= len(self.came)

    def hear(self, piece: bytes) -> None:
        """Add what came. No byte is looked at twice, however small the pieces are.

        Only to wait for the rest: what a request is, the server's own parser says.
        """
        seen = max(len(self.came) - len(HEAD_ENDS) + 1, 0)
        self.came += piece
        end = -1 if self.size else self.came.find(HEAD_ENDS, seen)
        if end >= 0:
            body = _body_size(bytes(self.came[:end]).lower())
            self.long = body is None
            self.size = end + len(HEAD_ENDS) + (body or 0)


def _body_size(head: bytes) -> int | None:
    """Return how many bytes follow a head; None if they are many, or any number."""
    told, size = FRAMES.findall(head), None
    if not told:
        return 0
    if told == [b"content-length"] and (given := LENGTH.search(head)):
        size = int(given[1])
    return size if size is not None and size <= SHORT else None


class Paced:
    """The socket of a longer body, which its client has to keep sending."""

    def __init__(self, source: socket.socket) -> None:
        self.ended = False  # it was answered: for what is left of it no thread waits
        self._source = source
        self._waited = 0.0  # seconds
        self._came = 0  # bytes

    def recv(self, size: int) -> bytes:
        if self.ended:
            raise TimeoutError
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
            self._drop(min(self.waits, key=self._patience))
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

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        source = conn.parser.unreader.sock
        if isinstance(source, Paced):
            source.ended = True
        return bool(super()._keepalive_after(conn, keepalive))

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
        wait.hear(piece)
        if wait.there:
            self._forget(conn)
            self._begin(conn, bytes(wait.came), long=wait.long)
        elif not wait.size and len(wait.came) > LONGEST_HEAD:
            self._drop(conn)

    def _patience(self, conn: TConn) -> tuple[bool, float]:
        """Order who makes room: first who says nothing, and of those the longest."""
        wait = self.waits[conn]
        return bool(wait.came), wait.until

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
