"""The command `portal` as at a terminal, without a process of its own."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

from portal.commands import main

OPTIONS = {
    *("to", "cc", "bcc", "from", "reply_to", "subject", "text", "html", "account"),
    *("priority", "expires_at"),
}


@dataclass(frozen=True, kw_only=True)
class Ran:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


def portal(*arguments: str, piped: bytes = b"") -> Ran:
    """Run a command to its end; `piped` is its standard input."""
    said = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    given, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(piped), encoding="utf-8")
    code = 0
    try:
        with redirect_stdout(said[0]), redirect_stderr(said[1]):
            main(arguments)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    finally:
        sys.stdin = given
    out, err = (_text(each) for each in said)
    return Ran(code=code, out=out, err=err)


def typed(message: dict[str, Any]) -> list[str] | None:
    """Say a message in options of `portal send`; None if they cannot say it."""
    options: list[str] = []
    for name, value in message.items():
        values = value if isinstance(value, list) else [value]
        option = f"--{name.replace('_', '-')}"
        if name not in OPTIONS or not all(isinstance(each, str) for each in values):
            return None
        options += [part for each in values for part in (option, each)]
    return options


def _text(said: io.TextIOWrapper) -> str:
    said.flush()
    said.seek(0)
    return said.read()
