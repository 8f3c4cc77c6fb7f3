"""`portal register` at a terminal: what is typed, pasted, or mistaken."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from portal.config import Config
from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from tests.commands.registering import IDS, OTHER, kept, wrong
from tests.terminal import portal

SPAWN = (
    "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
)


def test_a_secret_that_is_typed_is_not_shown(near: Config) -> None:
    with typing(near, "register", *IDS) as terminal:
        assert terminal.stdin
        assert terminal.stdout
        shown = b""
        while b"Client Secret Value: " not in shown:
            shown += terminal.stdout.read(1)
        terminal.stdin.write(f"{CLIENT_SECRET}\n".encode())
        terminal.stdin.flush()
        shown += terminal.stdout.read()

    assert f"Registered {CLIENT_ID}".encode() in shown
    assert CLIENT_SECRET.encode() not in shown


@pytest.mark.parametrize("typed", ["--secret", "piped"])
def test_the_secret_id_is_told_from_the_secret(near: Config, typed: str) -> None:
    if typed == "piped":
        ran = portal("register", *IDS, piped=f"{OTHER}\n".encode())
    else:
        ran = portal("register", *IDS, "--secret", OTHER)

    assert "looks like the Secret ID" in wrong(ran, 2)


def test_what_is_pasted_may_have_space_around_it(near: Config) -> None:
    ids = ("--tenant", f" {TENANT_ID.upper()}", "--client-id", f"{CLIENT_ID.upper()} ")

    ran = portal("register", *ids, "--secret", f" {CLIENT_SECRET}\n")

    found = kept()
    assert ran.code == 0
    assert found
    assert (found.tenant, found.client_id) == (TENANT_ID, CLIENT_ID)


@contextmanager
def typing(house: Config, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command at a terminal of its own."""
    environ = os.environ | {
        "PORTAL_INSTANCE": str(house.instance),
        "PORTAL_LOGIN_URL": house.login_url,
    }
    command = [sys.executable, "-c", SPAWN, sys.executable, "-m", "portal", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, env=environ, stdin=pipe, stdout=pipe, bufsize=0
    ) as terminal:
        yield terminal
        terminal.kill()
