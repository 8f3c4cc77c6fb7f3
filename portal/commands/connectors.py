"""Network Connectors at the command line."""

import click

from portal import db
from portal.commands import operator, typed
from portal.workspace import audit
from portal.workspace.accounts import connectors as network

PROMPT = "Address (http://user:password@proxy.example.com:3128)"


@click.group()
def connectors() -> None:
    """Keep the proxies that SMTP accounts may leave through."""


@connectors.command()
@click.argument("name")
@click.option("--default", is_flag=True, help="Make it the default one.")
def add(*, name: str, default: bool) -> None:
    """Add a proxy, whose address is read from standard input or asked for.

    It may hold a user and a password, so it is no argument: whoever lists processes
    sees those.
    """
    operator.enter()
    address = typed.unseen(PROMPT)
    with db.session() as session:
        added = network.add(session, name, address)
        if default:
            network.make_default(session, added)
        audit.note(session, operator.NAME, f"added connector: {added.place}", name)
    click.echo(f"{name} leads through {added.place}.")


@connectors.command("list")
def list_() -> None:
    """List all connectors."""
    operator.enter()
    with db.reading() as session:
        known = network.every(session)
    width = max((len(each.name) for each in known), default=0)
    for each in known:
        chosen = "  default" if each.is_default else ""
        click.echo(f"{each.name:<{width}}  {each.place}{chosen}")


@connectors.command()
@click.argument("name")
def default(*, name: str) -> None:
    """Let accounts that name no connector leave through this one."""
    operator.enter()
    with db.session() as session:
        network.make_default(session, network.find(session, name))
        audit.note(session, operator.NAME, "made the default connector", name)
    click.echo(f"{name} is the default connector.")


@connectors.command()
@click.argument("name")
def remove(*, name: str) -> None:
    """Remove a connector that no account names."""
    operator.enter()
    with db.session() as session:
        network.remove(session, network.find(session, name))
        audit.note(session, operator.NAME, "removed connector", name)
    click.echo(f"Removed {name}.")
