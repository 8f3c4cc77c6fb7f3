"""API keys at the command line."""

import click

from portal import config, db
from portal.commands.setup import OPERATOR
from portal.workspace import audit, house
from portal.workspace import keys as api_keys


@click.group()
def keys() -> None:
    """Make, list and revoke API keys."""
    house.open_up(config.current())


@keys.command()
@click.argument("name")
def create(name: str) -> None:
    """Make a key and print it, alone and only this once."""
    with db.session() as session:
        secret = api_keys.create(session, name)
        audit.note(session, OPERATOR, "created key", name)
    click.echo(secret)


@keys.command("list")
def list_() -> None:
    """List all keys by name."""
    with db.reading() as session:
        known = api_keys.every(session)
    for key in known:
        state = f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else "active"
        click.echo(f"{key.name}  {state}  created {key.created_at:%Y-%m-%d}")


@keys.command()
@click.argument("name")
def revoke(name: str) -> None:
    """End a key at once."""
    with db.session() as session:
        api_keys.revoke(session, name)
        audit.note(session, OPERATOR, "revoked key", name)
    click.echo(f"Revoked {name}.")
