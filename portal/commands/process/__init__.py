"""Each part as a process: its settings read, its log begun, its supervisor followed."""

from collections.abc import Callable
from functools import wraps

import click

from portal import config, logs, supervise
from portal.config import Config


def part(run: Callable[[Config], None]) -> click.Command:
    """Make a command of what runs until SIGTERM."""

    @click.command(run.__name__, help=run.__doc__)
    @click.option("--supervised", is_flag=True, hidden=True)
    @wraps(run)
    def command(*, supervised: bool) -> None:
        settings = config.current()
        logs.begin(run.__name__, settings.log_format, settings.instance)
        if supervised:
            supervise.follow_supervisor()
        run(settings)

    return command
