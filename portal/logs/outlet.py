"""Standard output, where nobody may be reading: then lines are counted, not waited for.

A thread writes them, so that a full pipe keeps that thread waiting and nothing else. A
fork begins anew: thread and lines that wait stay with the parent.
"""

import logging
import os
import select
import threading
from contextlib import suppress
from queue import Full, Queue

ROOM = 10_000  # lines that may wait
PATIENCE_SECONDS = 2.0  # with what waits when the process ends
LOST = "%d lines could not be written to standard output; the log file has them."


class Outlet(logging.Handler):
    """Hands lines to its thread, as long as there is room for them."""

    def __init__(self, place: int, room: int = ROOM) -> None:
        """Write to a file descriptor."""
        super().__init__()
        self._place = place
        self._room = room
        self._begun_by = 0  # which process
        self._writing: threading.Thread | None = None
        self._lines: Queue[str | None] = Queue(room)
        self._lost = self._told = 0

    def emit(self, record: logging.LogRecord) -> None:
        if self._begun_by != os.getpid():
            self._begin()
        try:
            self._lines.put_nowait(self.format(record))
        except Full:
            self._lost += 1
        except Exception:  # noqa: BLE001 - whoever logs never fails for it
            self.handleError(record)

    def close(self) -> None:
        """Write what waits, unless nobody reads it."""
        if self._writing and self._begun_by == os.getpid():
            self._begun_by = 0
            with suppress(Full):
                self._lines.put(None, timeout=PATIENCE_SECONDS)
                self._writing.join(PATIENCE_SECONDS)
        super().close()

    def _begin(self) -> None:
        self._lines = Queue(self._room)
        self._lost = self._told = 0
        self._writing = threading.Thread(target=self._write, name="log", daemon=True)
        self._writing.start()
        self._begun_by = os.getpid()

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            self._put(line)
            if lost := self._lost - self._told:
                self._told += lost
                self._put(self.format(_lost(lost)))

    def _put(self, line: str) -> None:
        rest = f"{line}\n".encode(errors="backslashreplace")
        with suppress(OSError):  # it was closed; the log file has the line
            while rest:
                rest = rest[self._some(rest) :]

    def _some(self, data: bytes) -> int:
        try:
            return os.write(self._place, data)
        except BlockingIOError:  # somebody made it one that is not waited for
            select.select([], [self._place], [])
            return 0


def _lost(lines: int) -> logging.LogRecord:
    return logging.LogRecord(__name__, logging.WARNING, "", 0, LOST, (lines,), None)
