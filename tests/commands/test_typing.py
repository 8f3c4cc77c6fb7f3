"""`portal register` at a terminal: what is typed, pasted, or mistaken."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from portal import db
from portal.config import Config
from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from portal.workspace.people import roles
from tests import trip
from tests.commands.registering import IDS, OTHER, kept, wrong
from tests.terminal import portal
from tests.trip import ANN

SPAWN = (
    "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
)


def test_a_secret_that_is_typed_is_not_shown(near: Config) -> None:
    with typing(near, "register", *IDS, "--admin", ANN) as terminal:
        shown = answered(terminal, "Client Secret Value: ", CLIENT_SECRET)
        shown += rest(terminal)

    assert f"Registered {CLIENT_ID}" in shown
    assert CLIENT_SECRET not in shown


def test_the_first_admin_is_asked_for_until_one_is_named(near: Config) -> None:
    with typing(near, "register", *IDS, "--secret", CLIENT_SECRET) as terminal:
        answered(terminal, "first admin (or nothing): ", "ann")
        shown = answered(terminal, "first admin (or nothing): ", ANN) + rest(terminal)

    assert "Error: " in shown
    assert "No admin is named" not in shown
    assert admins() == (ANN,)


def test_the_first_admin_may_be_left_to_the_app_role(near: Config) -> None:
    with typing(near, "register", *IDS, "--secret", CLIENT_SECRET) as terminal:
        shown = answered(terminal, "first admin (or nothing): ", "") + rest(terminal)

    assert f"Registered {CLIENT_ID}" in shown
    assert "No admin is named: whoever has the app role Portal.Admin" in shown
    assert admins() == ()


def test_nobody_is_asked_for_an_admin_where_there_is_one(near: Config) -> None:
    trip.register(admin=ANN)

    with typing(near, "register", "--secret", CLIENT_SECRET) as terminal:
        shown = rest(terminal)

    assert f"Registered {CLIENT_ID}" in shown
    assert "first admin" not in shown


def test_without_a_terminal_a_missing_admin_is_told(near: Config) -> None:
    ran = portal("register", *IDS, "--secret", CLIENT_SECRET)

    assert ran.code == 0
    assert ran.err.startswith(
        "No admin is named: whoever has the app role Portal.Admin"
    )


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


def answered(terminal: "subprocess.Popen[bytes]", question: str, answer: str) -> str:
    """Wait for a question and answer it; return what was shown until then."""
    assert terminal.stdin
    assert terminal.stdout
    shown = b""
    while not shown.endswith(question.encode()) and (byte := terminal.stdout.read(1)):
        shown += byte
    terminal.stdin.write(f"{answer}\n".encode())
    terminal.stdin.flush()
    return shown.decode()


def rest(terminal: "subprocess.Popen[bytes]") -> str:
    """Return all that is shown yet, to the end."""
    assert terminal.stdout
    return terminal.stdout.read().decode()


def admins() -> tuple[str, ...]:
    with db.reading() as session:
        return roles.admins(session)
