"""`portal up`: every part runs, starts again when it dies, and ends with the rest."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from portal import supervise
from portal.supervise import Part
from tests.journeys.running import eventually
from tests.microsoft.certificates import self_signed
from tests.processes import COMMAND, Started, environ, left, started

DEAF = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("", flush=True)
input()
"""


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Started]:
    """Run all parts, and wait until they say where they are."""
    with started(environ(tmp_path / "instance"), "up", "--sandbox") as running:
        eventually(lambda: "Sign in as" in running.said())
        yield running


def whole_family(up: Started) -> list[psutil.Process]:
    """Return all processes once they are there: some say that they serve before."""
    found = up.family()
    # The supervisor, the web server with two, the SMTP door, the worker, and the
    # sandbox with one.
    return found if len(found) >= 8 else []


def test_it_says_where_it_is_and_starts_again_what_dies(up: Started) -> None:
    said = up.said()
    before = eventually(lambda: all_parts(up))

    for part in before:
        part.kill()
    left(before)
    again = eventually(lambda: all_parts(up))

    assert f"Mail Portal  http://localhost:{up.port}\n" in said
    assert "SMTP door    127.0.0.1:" in said
    assert "Sandbox      http://127.0.0.1:" in said
    assert "Sign in as   admin@contoso.example\n" in said
    assert "At a shell   export PORTAL_LOGIN_URL=http://127.0.0.1:" in said
    assert "/instance/sandbox-ca.pem\n" in said
    assert said.endswith(f"Next         http://localhost:{up.port}/settings\n")
    assert up.said().count("was ended by SIGKILL; starting it again in 1.0 s") == 4
    assert not {part.pid for part in again} & {part.pid for part in before}


def test_it_says_how_to_send_once_the_default_account_can(tmp_path: Path) -> None:
    settings = environ(tmp_path / "instance")
    place = ("--smtp", "127.0.0.1:2526", "--security", "none")
    for words in (
        ("accounts", "add", "relay", *place, "--from", "it@contoso.example"),
        ("accounts", "default", "relay"),
    ):
        subprocess.run([*COMMAND, *words], env=settings, check=True)

    with started(settings, "up") as running:
        eventually(lambda: "Next" in running.said())
        said = running.said()

    assert said.endswith(" send --to ADDRESS --subject Hello --text Hello --wait\n")


def test_among_json_it_says_all_as_json_and_the_setup_link_in_no_file(
    tmp_path: Path,
) -> None:
    settings = environ(tmp_path / "instance") | {"PORTAL_LOG_FORMAT": "json"}

    with started(settings, "up") as running:
        eventually(lambda: "Next" in running.said())
        said = [json.loads(line)["message"] for line in running.said().splitlines()]

    assert f"Mail Portal  http://localhost:{running.port}" in said
    [step] = [each for each in said if each.startswith("Next ")]
    _, made, secret = step.partition("/setup/")
    assert made
    logs = (tmp_path / "instance" / "logs").rglob("*.log*")
    assert [path.name for path in logs if secret in path.read_text()] == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_all_its_parts(up: Started, number: signal.Signals) -> None:
    family = eventually(lambda: whole_family(up))

    os.killpg(up.process.pid, number)

    assert up.process.wait(60) == 0
    assert left(family) == []
    assert "Traceback" not in up.said()
    assert "starting it again" not in up.said()


def test_the_parts_end_when_the_supervisor_is_killed(up: Started) -> None:
    parts = eventually(lambda: whole_family(up))[1:]

    up.process.kill()

    assert left(parts) == []


@pytest.mark.parametrize("name", ["WEB", "SMTP", "SANDBOX"])
def test_an_address_that_is_taken_is_named_before_anything_starts(
    tmp_path: Path, name: str
) -> None:
    settings = environ(tmp_path / "instance")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        with started(settings | {f"PORTAL_{name}_BIND": bind}, "up", "--sandbox") as it:
            ended = it.process.wait(30)

    assert ended == 2
    (line,) = it.said().splitlines()
    assert line.startswith(f"portal: Cannot listen at {bind}: Address already in use. ")
    assert f"PORTAL_{name}_BIND" in line
    assert not (tmp_path / "instance").exists()


def test_a_certificate_that_is_none_is_told_before_anything_starts(
    tmp_path: Path,
) -> None:
    path, _ = self_signed().write(tmp_path)  # without its key
    more = {"PORTAL_SMTP_CERTIFICATE": str(path), "PORTAL_WORKERS": "0"}

    with started(environ(tmp_path / "instance") | more, "up", "--sandbox") as it:
        ended = it.process.wait(30)

    assert ended == 2
    workers, line = it.said().splitlines()
    assert workers.startswith("portal: PORTAL_WORKERS must be ")
    assert line.startswith("portal: PORTAL_SMTP_CERTIFICATE must hold, or name a file ")
    assert not (tmp_path / "instance").exists()


def test_a_part_that_somebody_has_to_mend_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    part = Part("smtp", ["no-such-command"], {})
    part.start()
    assert part.process
    part.process.wait()

    part.look_after()

    (told,) = caplog.records
    assert told.levelname == "ERROR"
    assert "smtp ended with code 2: please mend " in told.getMessage()


def test_a_part_that_cannot_start_is_tried_less_and_less_often() -> None:
    part = Part("nothing", ["nothing"], {})
    rests = []

    for _ in range(2):
        part.start()
        assert part.process
        part.process.wait()
        part.look_after()
        rests.append(part.rest)

    assert rests == [supervise.FIRST_REST * 2, supervise.FIRST_REST * 4]
    part.look_after()
    assert part.process is None


def test_a_machine_without_room_for_a_part_does_not_end_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    part = Part("large", ["x" * 200_000], {})  # more than Linux takes in one word

    part.look_after()
    part.look_after()

    assert caplog.messages == ["large cannot be started: Argument list too long"]


def test_a_part_that_does_not_end_is_killed() -> None:
    part = Part("deaf", [], {})
    pipe = subprocess.PIPE
    part.process = subprocess.Popen(
        [sys.executable, "-c", DEAF], stdin=pipe, stdout=pipe
    )
    with part.process as deaf:
        assert deaf.stdout
        deaf.stdout.readline()

        part.end()
        part.wait(until=0)

    assert deaf.returncode == -signal.SIGKILL


def all_parts(up: Started) -> list[psutil.Process] | None:
    """Find all parts, once they are there."""
    found = [up.part(name) for name in ("web", "smtp", "worker", "sandbox")]
    return [part for part in found if part] if all(found) else None
