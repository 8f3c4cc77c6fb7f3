"""What operators type: options that go together, and what nobody is to see."""

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def options(*more: Any) -> Callable[[Command], Command]:
    """Let a command take all of these, in this order."""

    def with_all(command: Command) -> Command:
        for option in reversed(more):
            command = option(command)
        return command

    return with_all


def unseen(prompt: str) -> str:
    """Ask for it without showing it; where nobody sits, read it from standard input."""
    if sys.stdin is not None and not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    asked: str = click.prompt(prompt, hide_input=True)
    return asked.strip()
