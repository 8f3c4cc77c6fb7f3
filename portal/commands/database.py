"""The database at the command line."""

import click

from portal import config, migrations
from portal.workspace import house


@click.group()
def db() -> None:
    """Look after the database."""


@db.command()
def upgrade() -> None:
    """Bring the schema to this version; every part does so when it starts."""
    house.open_up(config.current())
    click.echo(f"The schema is at version {migrations.HEAD}.")
