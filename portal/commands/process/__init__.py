"""Each part as a process: its settings read, its log begun, its supervisor followed."""

from collections.abc import Callable
from functools import wraps

import click

from portal import config, logs, supervise
from portal.config import Check, Config
from portal.errors import NoKey
from portal.watch.outside.lookout import Lookout
from portal.workspace import house


def part(*checks: Check) -> Callable[[Callable[[Config], None]], click.Command]:
    """Make a command of what runs until SIGTERM, if what it uses passes its checks."""

    def made(run: Callable[[Config], None]) -> click.Command:
        @click.command(run.__name__, help=run.__doc__)
        @click.option("--supervised", is_flag=True, hidden=True)
        @wraps(run)
        def command(*, supervised: bool) -> None:
            settings = begin(run.__name__, *checks)
            if supervised:
                supervise.follow_supervisor()
            run(settings)

        return command

    return made


def begin(part: str, *checks: Check) -> Config:
    """Return the settings of a part, and begin its log.

    Keys of the environment that cannot be read are told to its webhook first.
    """
    try:
        settings = config.begin(*checks)
    except NoKey:
        others = config.without_keys()
        config.use(others)  # the webhook is reached as these say
        logs.begin(part, others.log_format, others.instance)
        house.make_room(others.instance)
        with Lookout(others).opening():
            raise
    logs.begin(part, settings.log_format, settings.instance)
    return settings
