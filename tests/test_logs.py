"""What is logged: one line a record, for people or for programs."""

import json
import logging
from collections.abc import Iterator

import pytest

from portal import logs


@pytest.fixture(autouse=True)
def quiet_afterwards() -> Iterator[None]:
    """Put logging back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_for_people_tells_when_who_and_what(
    capfd: pytest.CaptureFixture[str],
) -> None:
    logs.begin("worker", "text")

    logging.getLogger("portal.x").warning("%s was left to its lease.", "m1")

    at, rest = capfd.readouterr().err.rstrip().split(" ", 1)
    assert at.endswith("Z")
    assert rest == "worker WARNING m1 was left to its lease."


def test_what_is_quoted_cannot_forge_a_line(capfd: pytest.CaptureFixture[str]) -> None:
    logs.begin("web", "text")

    logging.getLogger("portal.x").info("No account %s", "a\r\n2026 web INFO all well")

    assert capfd.readouterr().err.count("\n") == 1


def test_a_traceback_for_people_is_readable(capfd: pytest.CaptureFixture[str]) -> None:
    logs.begin("web", "text")

    try:
        raise KeyError("x")
    except KeyError:
        logging.getLogger("portal.x").exception("A fault of ours.")

    assert "\nTraceback (most recent call last):\n" in capfd.readouterr().err


def test_a_line_for_programs_is_one_object(capfd: pytest.CaptureFixture[str]) -> None:
    logs.begin("web", "json")

    try:
        raise KeyError("x\ny")
    except KeyError:
        logging.getLogger("portal.x").exception("A fault\nof ours.")

    text = capfd.readouterr().err
    line = json.loads(text)
    assert text.count("\n") == 1
    assert (line["part"], line["level"], line["logger"]) == ("web", "error", "portal.x")
    assert line["message"] == "A fault\nof ours."
    assert "KeyError" in line["traceback"]


def test_libraries_that_tell_addresses_keep_quiet(
    capfd: pytest.CaptureFixture[str],
) -> None:
    logs.begin("web", "text")

    logging.getLogger("urllib3.connectionpool").warning("GET /x?token=secret")

    assert capfd.readouterr().err == ""
