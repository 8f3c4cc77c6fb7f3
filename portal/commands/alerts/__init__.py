"""Alerts at the command line: who is told when something is wrong."""

import json
import sys
from typing import Any

import click

from portal import clock, db
from portal.commands import operator
from portal.commands.alerts.adding import add
from portal.watch.alerts import telling
from portal.workspace import audit
from portal.workspace.incidents import channels
from portal.workspace.incidents.channels import Channel

MINUTE = "%Y-%m-%d %H:%M UTC"


@click.group()
def alerts() -> None:
    """Keep the channels that hear of trouble, and try them."""


alerts.add_command(add)


@alerts.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(*, as_json: bool) -> None:
    """List all channels, and how it went with each the last time.

    Of an address only the host and the last letters are shown.
    """
    operator.enter()
    with db.reading() as session:
        known = channels.every(session)
    width = max((len(each.name) for each in known), default=0)
    for each in known:
        line = f"{each.name:<{width}}  {each.way}  {each.place}  {_went(each)}"
        click.echo(json.dumps(_shown(each)) if as_json else line)


@alerts.command()
@click.argument("name")
def test(name: str) -> None:
    """Send a test alert at once; exit code 0 says that it was taken."""
    operator.enter()
    with db.reading() as session:
        channel = channels.named(session, name)
    verdict = telling.test(channel)
    click.echo(f"{name} took it." if verdict.taken else f"{name}: {verdict.why}")
    sys.exit(0 if verdict.taken else 1)


@alerts.command()
@click.argument("name")
def remove(name: str) -> None:
    """Remove a channel; what it was still to be told is forgotten."""
    operator.enter()
    with db.session() as session:
        channel = channels.named(session, name)
        channels.remove(session, channel.id)
        audit.note(session, operator.NAME, "removed alert channel", name)
    click.echo(f"Removed {name}.")


def _went(channel: Channel) -> str:
    if channel.failed_at:
        return f"failed {channel.failed_at:{MINUTE}}: {channel.failure}"
    if channel.delivered_at:
        return f"took the last one {channel.delivered_at:{MINUTE}}"
    return "not told of anything yet"


def _shown(channel: Channel) -> dict[str, Any]:
    return {
        "name": channel.name,
        "way": channel.way,
        "place": channel.place,
        "added_at": clock.plain(channel.added_at),
        "added_by": channel.added_by,
        "delivered_at": clock.plain(channel.delivered_at),
        "failed_at": clock.plain(channel.failed_at),
        "failure": channel.failure,
        "given_up_at": clock.plain(channel.given_up_at),
    }
