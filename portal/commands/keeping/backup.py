"""Backups at the command line: `portal backup` and `portal restore`."""

from pathlib import Path

import click

from portal import config
from portal.commands import operator
from portal.workspace.keeping import backup as backups

FILE = click.Path(dir_okay=False, path_type=Path)
APART = (
    "The keys are not in it, and without them nobody can read it: please keep {keys}"
    " apart from it."
)
TOGETHER = "The keys are in it: whoever has this file can read everything."


@click.command()
@click.argument("file", type=FILE)
@click.option("--with-keys", is_flag=True, help="The encryption keys as well.")
def backup(*, file: Path, with_keys: bool) -> None:
    """Copy the database to a file, while web and workers run."""
    settings = config.current()
    backups.make(settings, file, with_keys=with_keys)
    keys = "PORTAL_KEYS" if settings.keys else settings.instance / "keys"
    click.echo(TOGETHER if with_keys else APART.format(keys=keys), err=True)


@click.command()
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="Lose what the database holds now.")
def restore(*, file: Path, force: bool) -> None:
    """Put a backup in the place of the database.

    All parts of the portal must be stopped. What waited when the backup was made may
    have been sent since, so it is held until somebody presses Send waiting mail or
    Discard, or decides about each message.
    """
    held = backups.restore(config.current(), file, operator.NAME, force=force)
    click.echo(f"Restored {file}. Held, for it may have been sent since: {held}")
