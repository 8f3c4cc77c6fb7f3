"""Standard output never keeps anybody waiting, whoever reads it or does not."""

import fcntl
import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

import pytest

from portal.logs.outlet import LOST, ROOM, Outlet

LINE = "x" * 1000
PAGE = 4096  # bytes; no pipe has less


@dataclass(frozen=True)
class Pipe:
    """Both of its ends."""

    reader: TextIO
    into: int  # a file descriptor


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """Lay a pipe into which little fits."""
    out, into = os.pipe()
    fcntl.fcntl(into, fcntl.F_SETPIPE_SZ, PAGE)
    with os.fdopen(out) as reader:
        yield Pipe(reader, into)
    os.close(into)


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    """Hand out a logger that says nothing elsewhere."""
    apart = logging.getLogger("apart")
    apart.propagate = False
    yield apart
    apart.handlers.clear()
    apart.propagate = True


def outlet(log: logging.Logger, into: int, room: int = ROOM) -> Outlet:
    made = Outlet(into, room)
    log.addHandler(made)
    return made


def read(pipe: Pipe, lines: int) -> list[str]:
    """Return so many lines; wait for them."""
    return [pipe.reader.readline().rstrip() for _ in range(lines)]


def test_who_logs_never_waits_for_a_reader_and_what_is_lost_is_counted(
    pipe: Pipe, log: logging.Logger
) -> None:
    outlet(log, pipe.into, room=10)

    for _ in range(1000):
        log.warning(LINE)

    written = lost = 0
    while written + lost < 1000:
        [line] = read(pipe, 1)
        told = re.fullmatch(LOST.replace("%d", r"(\d+)"), line)
        written, lost = written + (not told), lost + int(told[1] if told else 0)
    assert (written + lost, lost > 0) == (1000, True)


def test_a_pipe_that_does_not_keep_its_writer_waiting_loses_nothing(
    pipe: Pipe, log: logging.Logger
) -> None:
    os.set_blocking(pipe.into, False)
    outlet(log, pipe.into)

    for _ in range(1000):
        log.warning(LINE)

    assert read(pipe, 1000) == [LINE] * 1000


def test_a_line_that_cannot_be_written_stops_nobody(
    pipe: Pipe, log: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    made = outlet(log, pipe.into)

    made.handle(logging.makeLogRecord({"msg": "%d", "args": ("none",)}))
    log.warning("Hello")
    made.close()

    assert read(pipe, 1) == ["Hello"]
    assert "Logging error" in capsys.readouterr().err


def test_what_waits_is_written_before_the_end(pipe: Pipe, log: logging.Logger) -> None:
    made = outlet(log, pipe.into)

    for number in range(50):
        log.warning("%d", number)
    made.close()

    assert read(pipe, 50) == [str(number) for number in range(50)]


def test_a_closed_pipe_stops_nobody(log: logging.Logger) -> None:
    out, into = os.pipe()
    os.close(out)
    made = outlet(log, into)

    log.warning("Hello")
    made.close()

    os.close(into)


def test_a_process_that_was_forked_has_a_thread_of_its_own(
    pipe: Pipe, log: logging.Logger
) -> None:
    made = outlet(log, pipe.into)
    log.warning("parent")

    child = os.fork()
    if child == 0:
        try:
            log.warning("child")
            made.close()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    made.close()

    assert sorted(read(pipe, 2)) == ["child", "parent"]
