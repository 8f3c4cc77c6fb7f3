"""How much Graph takes: size of a request, and calls to one mailbox."""

import sys
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from flask import current_app, request
from werkzeug.exceptions import ClientDisconnected

from portal.sandbox import faults
from portal.sandbox.faults import Kind
from portal.sandbox.graph.problems import Problem

REQUEST_BYTES = 4 * 1024 * 1024  # "4 MB"; the exact byte is UNCONFIRMED
MAILBOX_BYTES = 35 * 1024 * 1024  # default of a mailbox, counted after encoding
LARGEST_BYTES = 150 * 1024 * 1024  # what an administrator may raise it to
RECIPIENTS = 500
IN_FLIGHT = 4
CALLS, CALLS_SECONDS = 10_000, 600
UPLOAD_BYTES, UPLOAD_SECONDS = 150 * 1024 * 1024, 300
CHUNK = 64 * 1024

Key = tuple[str, str]  # application, mailbox


@dataclass
class Use:
    """What one application did to one mailbox lately."""

    in_flight: int = 0
    calls: deque[float] = field(default_factory=deque)
    uploads: deque[tuple[float, int]] = field(default_factory=deque)
    uploaded: int = 0

    def forget_old(self, now: float) -> None:
        """Drop what has left its window."""
        while self.calls and self.calls[0] <= now - CALLS_SECONDS:
            self.calls.popleft()
        while self.uploads and self.uploads[0][0] <= now - UPLOAD_SECONDS:
            self.uploaded -= self.uploads.popleft()[1]


class Throttle:
    """Counts the calls of each application to each mailbox; lives in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._uses: defaultdict[Key, Use] = defaultdict(Use)

    @contextmanager
    def slot(self, key: Key, *, size: int, concurrent: int) -> Iterator[None]:
        """Hold one of the mailbox's slots; raise 429 when there is none."""
        with self._lock:
            use = self._uses[key]
            self._count(use, size)
            self._check(use, concurrent)
            use.in_flight += 1
        try:
            yield
        finally:
            with self._lock:
                use.in_flight -= 1

    def forget(self) -> None:
        """Start all windows anew."""
        with self._lock:
            for use in self._uses.values():
                use.calls.clear()
                use.uploads.clear()
                use.uploaded = 0

    def _count(self, use: Use, size: int) -> None:
        # Every request counts, refused ones too: who asks again at once stays out.
        now = time.monotonic()
        use.forget_old(now)
        use.calls.append(now)
        if size:
            use.uploads.append((now, size))
            use.uploaded += size

    def _check(self, use: Use, concurrent: int) -> None:
        now = time.monotonic()
        if use.in_flight >= concurrent:
            if faults.switched(Kind.THROTTLE):
                faults.note(Kind.THROTTLE)
            raise _throttled("MailboxConcurrency", 1)
        if len(use.calls) > CALLS:
            raise _throttled("RequestCount", use.calls[0] + CALLS_SECONDS - now)
        if use.uploaded > UPLOAD_BYTES:
            wait = use.uploads[0][0] + UPLOAD_SECONDS - now
            raise _throttled("UploadBytes", wait)


def _throttled(limit: str, wait: float) -> Problem:
    return Problem(
        429,
        "ApplicationThrottled",
        f"Application is over its {limit} limit.",
        {"Retry-After": f"{max(wait, 0.001):.3f}".rstrip("0").rstrip(".")},
    )


@contextmanager
def slot(key: Key) -> Iterator[None]:
    """Hold a slot of a mailbox for the present request."""
    throttle: Throttle = current_app.extensions["sandbox.throttle"]
    fault = faults.switched(Kind.THROTTLE)
    concurrent = int(fault.more.get("limit", 1)) if fault else IN_FLIGHT
    size = request.content_length or 0
    with throttle.slot(key, size=size, concurrent=concurrent):
        yield


def check_message(size: int) -> None:
    """Raise when a mail, counted after encoding, is larger than a mailbox sends."""
    lifted = faults.switched(Kind.LARGE)
    largest = lifted.more.get("bytes", LARGEST_BYTES) if lifted else MAILBOX_BYTES
    if (size > largest) != (size > MAILBOX_BYTES):
        faults.note(Kind.LARGE)
    if size > largest:
        raise Problem(
            400,
            "ErrorMessageSizeExceeded",
            "The message exceeds the maximum supported size.",
        )


def read_body() -> bytes:
    """Return the body of the request, chunked or not; raise 413 above the limit.

    Raise ClientDisconnected for less than was announced: gunicorn takes it for all.

    A body that is too large is read to its end all the same, so that the client gets
    to the answer instead of a broken connection.
    """
    chunks, size = [], 0
    while chunk := request.stream.read(CHUNK):
        size += len(chunk)
        if size <= REQUEST_BYTES:
            chunks.append(chunk)
    if size < (request.content_length or 0):
        raise ClientDisconnected
    if size > REQUEST_BYTES:
        raise _too_large()
    return b"".join(chunks)


def skip_body(size: int = sys.maxsize) -> None:
    """Read so many bytes of the body, or all that there are, and forget them."""
    with suppress(ClientDisconnected):
        while size > 0 and (chunk := request.stream.read(min(size, CHUNK))):
            size -= len(chunk)


def _too_large() -> Problem:
    return Problem(
        413,
        "RequestEntityTooLarge",
        "The request is larger than 4 MB; upload large files in a session.",
    )
