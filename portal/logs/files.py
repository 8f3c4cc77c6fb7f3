"""A log file that any number of processes write to, and that never grows too large.

Each line is one write at the end of the file, so that no two are ever mixed. Whoever
fills it renames it, unless another does so just then; who has opened it before that,
writes its line to where it lies now. What cannot be written is left out: neither a full
disk nor a wrong owner stops any mail.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

FULL = 10_000_000  # bytes
KEPT = 5  # full ones, beside the one that is written to
HOW = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class File:
    """The stream of a log's handler."""

    def __init__(self, path: Path, full: int = FULL, kept: int = KEPT) -> None:
        self._path = path
        self._full = full
        self._kept = kept

    def write(self, line: str) -> None:
        """Add a line."""
        with suppress(OSError):
            if self._add(line.encode(errors="backslashreplace")) >= self._full:
                self._turn()

    def flush(self) -> None:
        """Do nothing: no line is kept back."""

    def _add(self, line: bytes) -> int:
        """Return how long the file is then."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = os.open(self._path, HOW, 0o600)
        try:
            os.write(place, line)
            return os.fstat(place).st_size
        finally:
            os.close(place)

    def _turn(self) -> None:
        """Begin a new file, if nobody has or is about to."""
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self._path.stat().st_size >= self._full:
                for number in range(self._kept, 0, -1):
                    with suppress(FileNotFoundError):
                        self._nth(number - 1).rename(self._nth(number))
        finally:
            os.close(folder)

    def _nth(self, number: int) -> Path:
        """Return where the nth last one lies; the last is the one written to."""
        ending = f".{number}" if number else ""
        return self._path.with_name(self._path.name + ending)
