"""A log file that several processes fill: nothing is lost, and little is kept."""

import subprocess
import sys
from pathlib import Path

from portal.logs.files import File

LINES = 400
PROGRAM = """
import sys
from pathlib import Path
from portal.logs.files import File

name, path = sys.argv[1:]
file = File(Path(path), full=2_000, kept=1_000)
for number in range({lines}):
    file.write(f"{{name}} {{number}} {{'x' * (number % 90)}}\\n")
"""


def written(folder: Path) -> list[str]:
    files = [*folder.iterdir()]
    return [line for each in files for line in each.read_text().splitlines()]


def test_nothing_is_lost_or_mixed_when_several_processes_write(tmp_path: Path) -> None:
    program, path = PROGRAM.format(lines=LINES), tmp_path / "logs/web.log"
    started = [
        subprocess.Popen([sys.executable, "-c", program, name, path]) for name in "abc"
    ]

    assert [each.wait() for each in started] == [0, 0, 0]

    told = [f"{name} {n} {'x' * (n % 90)}" for name in "abc" for n in range(LINES)]
    assert sorted(written(path.parent)) == sorted(told)


def test_a_full_file_makes_room_and_the_oldest_goes(tmp_path: Path) -> None:
    file = File(tmp_path / "web.log", full=10, kept=2)

    for number in range(9):
        file.write(f"line {number}\n")

    # Two lines fill one.
    assert (tmp_path / "web.log").read_text() == "line 8\n"
    assert (tmp_path / "web.log.1").read_text() == "line 6\nline 7\n"
    assert (tmp_path / "web.log.2").read_text() == "line 4\nline 5\n"
    assert len([*tmp_path.iterdir()]) == 3


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    File(tmp_path / "logs/web.log").write("Hello\n")

    assert (tmp_path / "logs").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "logs/web.log").stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("A file where a folder should be.")

    File(tmp_path / "logs/web.log").write("Hello\n")
    File(Path("/dev/full")).write("Hello\n")

    assert (tmp_path / "logs").read_text() == "A file where a folder should be."
