"""Who works on this machine, and that the dead are known at once."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from portal.delivery.presence import bury, count, present

PROGRAM = """
import sys
from pathlib import Path
from portal.delivery.presence import present

with present(Path(sys.argv[1]), "ann"):
    print("here", flush=True)
    sys.stdin.read()
"""


def buried(folder: Path) -> list[str]:
    names: list[str] = []
    bury(folder, names.append)
    return names


def start(folder: Path) -> "subprocess.Popen[bytes]":
    worker = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert worker.stdout
    assert worker.stdout.readline() == b"here\n"
    return worker


def test_who_is_present_is_not_buried(tmp_path: Path) -> None:
    with present(tmp_path, "ann"):
        assert buried(tmp_path) == []


def test_who_left_has_nothing_to_be_looked_up(tmp_path: Path) -> None:
    with present(tmp_path, "ann"):
        pass

    assert buried(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_who_was_killed_is_buried_once(tmp_path: Path) -> None:
    with start(tmp_path) as worker:
        assert buried(tmp_path) == []

        worker.send_signal(signal.SIGKILL)
        worker.wait()

    assert buried(tmp_path) == ["ann"]
    assert buried(tmp_path) == []


def test_who_is_stopped_is_not_gone(tmp_path: Path) -> None:
    with start(tmp_path) as worker:
        worker.send_signal(signal.SIGSTOP)

        assert buried(tmp_path) == []

        worker.send_signal(signal.SIGKILL)


def test_who_could_not_be_settled_is_remembered(tmp_path: Path) -> None:
    def fail(name: str) -> None:
        raise ConnectionError(name)

    with start(tmp_path) as worker:
        worker.kill()
        worker.wait()

    with pytest.raises(ConnectionError):
        bury(tmp_path, fail)
    assert buried(tmp_path) == ["ann"]


def test_what_cannot_be_opened_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "lost+found").mkdir()
    with start(tmp_path) as worker:
        worker.kill()

    assert buried(tmp_path) == ["ann"]
    assert buried(tmp_path) == []


def test_nobody_has_worked_here_yet(tmp_path: Path) -> None:
    assert buried(tmp_path / "none") == []


def test_who_is_present_is_counted_until_they_are_gone(tmp_path: Path) -> None:
    with present(tmp_path, "ann"), present(tmp_path, "ben"):
        both = count(tmp_path)

    assert (both, count(tmp_path)) == (2, 0)


def test_the_dead_are_not_counted(tmp_path: Path) -> None:
    worker = start(tmp_path)
    alive = count(tmp_path)

    worker.kill()
    worker.communicate()

    assert (alive, count(tmp_path)) == (1, 0)
    assert buried(tmp_path) == ["ann"]
