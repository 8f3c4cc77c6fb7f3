"""What is logged: one line a record, for people or for programs."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal import logs

Said = Callable[[], str]
ALSO = {logs.ALSO: {"event": "failed", "attempt": 2}}


@pytest.fixture(autouse=True)
def quiet_afterwards() -> Iterator[None]:
    """Put logging back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def said(capfd: pytest.CaptureFixture[str]) -> Said:
    """Return how to ask what was said to standard output, and nowhere else."""

    def ask() -> str:
        for each in logging.getLogger().handlers:
            each.close()
        out, err = capfd.readouterr()
        assert err == ""
        return out

    return ask


def test_a_line_for_people_tells_when_who_and_what(said: Said, tmp_path: Path) -> None:
    logs.begin("worker", "text", tmp_path)

    logging.getLogger("portal.x").warning("%s was left to its lease.", "m1")

    at, rest = said().rstrip().split(" ", 1)
    assert at.endswith("Z")
    assert rest == "worker WARNING m1 was left to its lease."


def test_what_is_quoted_cannot_forge_a_line(said: Said, tmp_path: Path) -> None:
    logs.begin("web", "text", tmp_path)

    logging.getLogger("portal.x").info("No account %s", "a\r\n2026 web INFO all well")

    assert said().count("\n") == 1


def test_a_traceback_for_people_is_readable(said: Said, tmp_path: Path) -> None:
    logs.begin("web", "text", tmp_path)

    try:
        raise KeyError("x")
    except KeyError:
        logging.getLogger("portal.x").exception("A fault of ours.")

    assert "\nTraceback (most recent call last):\n" in said()


def test_a_line_for_programs_is_one_object(said: Said, tmp_path: Path) -> None:
    logs.begin("web", "json", tmp_path)

    try:
        raise KeyError("x\ny")
    except KeyError:
        logging.getLogger("portal.x").exception("A fault\nof ours.")

    text = said()
    line = json.loads(text)
    assert text.count("\n") == 1
    assert (line["part"], line["level"], line["logger"]) == ("web", "error", "portal.x")
    assert line["message"] == "A fault\nof ours."
    assert "KeyError" in line["traceback"]


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("text", "No. event=failed attempt=2"),
        ("json", '"event": "failed", "attempt": 2}'),
    ],
)
def test_what_a_line_brings_beside_its_sentence_is_told(
    said: Said, tmp_path: Path, form: str, told: str
) -> None:
    logs.begin("worker", form, tmp_path)

    logging.getLogger("portal.x").warning("No.", extra=ALSO)

    assert said().rstrip().endswith(told)


def test_a_log_file_of_each_part_has_the_same_lines(said: Said, tmp_path: Path) -> None:
    logs.begin("smtp", "text", tmp_path)

    logging.getLogger("portal.x").info("Hello, %s.", "Jane")

    assert (tmp_path / "logs/smtp.log").read_text() == said() != ""


def test_libraries_that_tell_addresses_keep_quiet(said: Said, tmp_path: Path) -> None:
    logs.begin("web", "text", tmp_path)

    logging.getLogger("urllib3.connectionpool").warning("GET /x?token=secret")

    assert said() == ""
