"""What all commands have in common: help, errors, exit codes, keeping quiet."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import IO

import click
import pytest

from portal import config, vault
from portal.commands import COMMANDS
from portal.commands import portal as group
from portal.config import Config
from tests.conftest import close
from tests.terminal import portal

LONG = 1000  # letters, as no sentence is
WRITING = [
    ("send", "--to", "jane@example.com"),
    ("keys", "create", "a"),
    ("keys", "revoke", "Ben"),
    ("register", "--tenant", "x", "--client-id", "y", "--secret", "z"),
    ("connect",),
    ("status",),
    ("messages", "retry", "01939d2a-7f5e-7c11-8a62-9c1f2f1d0a77"),
    ("messages", "list"),
    ("accounts", "set", "default", "--per-minute", "0"),
    ("log",),
]


def test_help_names_every_command_with_a_whole_sentence() -> None:
    ran = portal("--help")

    lines = ran.out.partition("Commands:\n")[2].splitlines()
    told = dict(line.split(maxsplit=1) for line in lines)
    assert ran.code == 0
    assert [*told] == [*COMMANDS]
    assert all(re.fullmatch(r"[A-Z].*[^.]\.", sentence) for sentence in told.values())


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_of_itself_what_is_said_of_it(name: str) -> None:
    context = click.Context(group)
    command = group.get_command(context, name)

    assert command
    assert command.get_short_help_str(LONG) == COMMANDS[name].sentence


def test_to_tell_what_there_is_none_of_it_is_loaded() -> None:
    script = (
        "import sys; from portal.commands import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print([*{*sys.modules} & {'flask', 'sqlalchemy'}])"
    )

    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert ran.stdout.splitlines()[-1] == "[]"


def test_help_opens_no_house(settings: Config) -> None:
    for command in (["keys", "create"], ["register"], ["send"], ["db", "upgrade"]):
        assert portal(*command, "--help").code == 0

    assert not settings.instance.exists()


@pytest.mark.parametrize(
    "arguments", [["nothing"], ["keys", "nothing"], ["send", "--colour", "red"]]
)
def test_what_is_no_command_is_wrong_use(arguments: list[str]) -> None:
    ran = portal(*arguments)

    assert (ran.code, ran.out) == (2, "")
    assert "Error: No such" in ran.err


@pytest.mark.parametrize("arguments", WRITING, ids=lambda given: " ".join(given[:2]))
def test_with_the_wrong_key_nothing_is_touched(
    house: Config, arguments: tuple[str, ...]
) -> None:
    portal("keys", "create", "Ben")
    vault.key_file(house.instance).write_text("A" * 43 + "=")
    close()
    before = (house.instance / "portal.db").read_bytes()

    ran = portal(*arguments)

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("portal: Can't decrypt: ")
    assert ran.err.count("\n") == 1
    close()
    assert (house.instance / "portal.db").read_bytes() == before


def test_everything_wrong_with_the_environment_is_said_at_once(tmp_path: Path) -> None:
    environ = {
        "PORTAL_INSTANCE": str(tmp_path),
        "PORTAL_WORKERS": "many",
        "PORTAL_BASE_URL": "mail",
        "PORTAL_KEYZ": "x",
    }

    ran = run(["keys", "list"], environ)

    assert (ran.returncode, ran.stdout) == (2, "")
    assert [line.split()[:2] for line in ran.stderr.splitlines()] == [
        ["portal:", "PORTAL_BASE_URL"],
        ["portal:", "PORTAL_WORKERS"],
        ["portal:", "PORTAL_KEYZ"],
    ]


def test_a_database_that_cannot_be_opened_is_told_in_one_line(settings: Config) -> None:
    nowhere = "postgresql+psycopg://ben:secret@127.0.0.1:1/mail"
    config.use(replace(settings, database_url=nowhere))

    ran = portal("keys", "list")

    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert "secret" not in ran.err
    close()


def test_a_reader_that_leaves_early_hears_no_complaint(house: Config) -> None:
    for _ in range(3):
        portal("send", "--to", "jane@example.com")
    reading, writing = os.pipe()
    os.close(reading)

    with os.fdopen(writing, "w") as gone:
        ran = run(["log"], {"PORTAL_INSTANCE": str(house.instance)}, stdout=gone)

    assert ran.returncode == 1
    assert ran.stderr == ""


@pytest.mark.parametrize(
    ("module", "unneeded"),
    [
        ("portal.commands", {"flask", "sqlalchemy", "pydantic", "requests", "rich"}),
        ("portal.commands.keys", {"flask", "pydantic", "requests", "alembic", "rich"}),
        ("portal.intake.cli", {"flask", "requests", "authlib", "alembic"}),
        (
            "portal.commands.process.worker",
            {"flask", "gunicorn", "alembic", "portal.sandbox"},
        ),
        ("portal.commands.process.web", {"alembic", "portal.sandbox"}),
    ],
)
def test_a_command_loads_only_what_it_needs(module: str, unneeded: set[str]) -> None:
    program = f"import sys, {module}; print(*sys.modules)"

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert unneeded & {*ran.stdout.split()} == set()


def run(
    arguments: list[str],
    environ: dict[str, str],
    stdout: int | IO[str] = subprocess.PIPE,
) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "portal", *arguments],
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )
