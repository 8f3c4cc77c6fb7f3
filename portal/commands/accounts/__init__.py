"""Mail accounts at the command line."""

import json
from typing import Any

import click

from portal import db
from portal.commands import look, operator
from portal.commands.accounts.adding import add
from portal.commands.accounts.setting import paced, set_
from portal.workspace import accounts as mail_accounts
from portal.workspace import connections, senders, standing, switch
from portal.workspace.accounts import entries
from portal.workspace.accounts.entries import Act
from portal.workspace.consent import reset, submission
from portal.workspace.registration import issuers

DELETED = (
    "The tokens of {name} from {issuer} are deleted, as are its From and its switch for"
    " large files if it sends through Graph; pending changes and links end. Its mail"
    " waits for the next sign-in. Reset it?"
)


@click.group()
def accounts() -> None:
    """List, add, set and remove mail accounts."""


accounts.add_command(add)
accounts.add_command(set_)


@accounts.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(*, as_json: bool) -> None:
    """List all accounts: whether each can send, as whom, how fast, by what."""
    operator.enter()
    with db.reading() as session:
        known = [
            look.standing(session, each, standing.brief(session, each))
            for each in mail_accounts.every(session)
        ]
    width = max((len(each["account"]) for each in known), default=0)
    for each in known:
        click.echo(json.dumps(each) if as_json else _line(each, width))


def _line(each: dict[str, Any], width: int) -> str:
    by = f"by {each['server']}" if each["server"] else ""
    if by and each["connected_as"]:
        by = f"{by} with the sign-in of {each['connected_as']}"
    if each["permission"] == mail_accounts.Permission.APPLICATION:
        by = "by application"
    told = (
        f"{each['account']:<{width}}",
        f"{each['state'] if each['enabled'] else 'switched off':<15}",
        senders.told(each["senders"]) or "–",
        paced(each["per_minute"]),
        f"when unsure {each['when_unsure']}",
        f"envelope {each['envelope']}",
        by,
        f"falls back on {each['fallback']}" if each["fallback"] else "",
        "default" if each["default"] and each["account"] != "default" else "",
    )
    return "  ".join(word for word in told if word)


@accounts.command()
@click.argument("name")
def default(*, name: str) -> None:
    """Let messages that name no account go by this one."""
    operator.enter()
    with db.session() as session:
        account = mail_accounts.find(session, name)
        mail_accounts.make_default(session, account)
        entries.note(session, Act.MADE_DEFAULT, name, operator.NAME)
    click.echo(f"{name} is the default account.")


@accounts.command()
@click.argument("name")
def enable(*, name: str) -> None:
    """Take mail for an account again, and let go what waits for it."""
    operator.enter()
    with db.session() as session:
        switch.on(session, mail_accounts.find(session, name))
        entries.note(session, Act.SWITCHED_ON, name, operator.NAME)
    click.echo(f"{name} is switched on.")


@accounts.command()
@click.argument("name")
def disable(*, name: str) -> None:
    """Take no mail for an account, and keep what waits for it."""
    operator.enter()
    with db.session() as session:
        switch.off(session, mail_accounts.find(session, name))
        entries.note(session, Act.SWITCHED_OFF, name, operator.NAME)
    click.echo(f"{name} is switched off.")


@accounts.command("reset")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask back.")
def reset_(*, name: str, yes: bool) -> None:
    """End the connection of an account that a user signs in for, as its page does.

    Microsoft and Google keep what was granted: it is removed in Entra, or by the user
    in the Google Account.
    """
    operator.enter()
    with db.reading() as session:
        account = mail_accounts.find(session, name)
        connections.check_connectable(account)
        issuer = issuers.named(session, account.id)
    if not yes:
        click.confirm(DELETED.format(name=name, issuer=issuer), abort=True, err=True)
    with db.session() as session:
        reset.reset(session, account.id, operator.NAME)
    click.echo(f"{name} is reset. To connect it again: portal connect {name}")


@accounts.command()
@click.argument("name")
def remove(*, name: str) -> None:
    """Remove an account that no mail waits for; what it sent stays in the log."""
    operator.enter()
    with db.session() as session:
        account = mail_accounts.find(session, name)
        submission.remove(session, account, operator.NAME)
        entries.note(session, Act.REMOVED, name, operator.NAME)
    click.echo(f"{name} is removed.")
