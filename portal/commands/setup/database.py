"""The database at the command line: `portal db upgrade`."""

import click

from portal import config, migrations
from portal.workspace import house


@click.group("db")
def database() -> None:
    """Look after the database."""


@database.command()
def upgrade() -> None:
    """Bring the schema to this version; every part does so when it starts."""
    house.open_up(config.current())
    click.echo(f"The schema is at version {migrations.HEAD}.")
