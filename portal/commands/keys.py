"""API keys at the command line."""

import click

from portal import db
from portal.commands import operator
from portal.workspace import audit
from portal.workspace.people import keys as api_keys


@click.group()
def keys() -> None:
    """Make, list and revoke API keys."""


@keys.command()
@click.argument("name")
def create(name: str) -> None:
    """Make a key and print it, alone and only this once."""
    operator.enter()
    with db.session() as session:
        secret = api_keys.create(session, name)
        audit.note(session, operator.NAME, "created key", name)
    click.echo(secret)


@keys.command("list")
def list_() -> None:
    """List all keys by name."""
    operator.enter()
    with db.reading() as session:
        known = api_keys.every(session)
    width = max((len(key.name) for key in known), default=0)
    for key in known:
        state = f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else "active"
        click.echo(f"{key.name:<{width}}  created {key.created_at:%Y-%m-%d}  {state}")


@keys.command()
@click.argument("name")
def revoke(name: str) -> None:
    """End a key at once."""
    operator.enter()
    with db.session() as session:
        api_keys.revoke(session, name)
        audit.note(session, operator.NAME, "revoked key", name)
    click.echo(f"Revoked {name}.")
