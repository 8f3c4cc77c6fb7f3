"""Mail accounts at the command line."""

import json
from collections.abc import Sequence

import click

from portal import db
from portal.commands import look, operator
from portal.errors import Need, NotAllowed
from portal.mail import lanes, permits
from portal.mail.message import address
from portal.workspace import accounts as mail_accounts
from portal.workspace import audit, senders
from portal.workspace.accounts import (
    Account,
    Envelope,
    Permission,
    Settings,
    WhenUnsure,
)
from portal.workspace.tokens import application as own_token

DEFAULT = "default"
APPLICATION = Permission.APPLICATION
MOST = 10_000  # messages a minute; more is no pace


def _pace(_: click.Context, __: click.Parameter, text: str | None) -> int | str | None:
    if text in (None, DEFAULT):
        return text
    if text and text.isascii() and text.isdigit() and int(text) <= MOST:
        return int(text)
    raise click.BadParameter(f"must be 0 to {MOST:,}, or {DEFAULT}")


def _senders(_: click.Context, __: click.Parameter, texts: Sequence[str]) -> list[str]:
    try:
        return list(dict.fromkeys(map(address.sender, texts)))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.group()
def accounts() -> None:
    """List and add mail accounts, and set how each one sends."""


@accounts.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(*, as_json: bool) -> None:
    """List all accounts: whether each can send, as whom, how fast."""
    operator.enter()
    with db.reading() as session:
        known = [look.standing(session, a) for a in mail_accounts.every(session)]
    width = max((len(each["account"]) for each in known), default=0)
    for each in known:
        told = (
            f"{each['account']:<{width}}",
            f"{each['state']:<15}",
            senders.told(each["senders"]) or "–",
            _paced(each["per_minute"]),
            f"when unsure {each['when_unsure']}",
            f"envelope {each['envelope']}",
            *(["by application"] if each["permission"] == APPLICATION else []),
        )
        click.echo(json.dumps(each) if as_json else "  ".join(told))


@accounts.command()
@click.argument("name")
@click.option("--application", is_flag=True, help="No user signs in.")
@click.option(
    "--from",
    "given",
    metavar="ADDRESS|DOMAIN",
    multiple=True,
    required=True,
    callback=_senders,
    help="What it sends as; any address of a domain. More than once for more.",
)
@click.option("--large", is_flag=True, help="Large file attachments as well.")
def add(*, name: str, application: bool, given: list[str], large: bool) -> None:
    """Add an account that sends by the application's own permission.

    An administrator grants the registered application Mail.Send, for --large also
    Mail.ReadWrite, as application permissions; Exchange may limit it to some mailboxes.
    The first address is what it sends as when a message names no From.
    """
    if not application:
        raise click.UsageError("Only an account with --application can be added yet.")
    operator.enter()
    with db.reading() as session:
        chosen = own_token.registered(session)
    own_token.fetch(chosen)
    with db.session() as session:
        mail_accounts.add(session, name, given, large=large, by=operator.NAME)
        told = f"{name} sends by application permission as {senders.told(given)}"
        audit.note(session, operator.NAME, f"added account: {told}", name)
    click.echo(f"{told}.")
    click.echo(
        "Microsoft knows the application; the first mail proves the rest.", err=True
    )


@accounts.command("set")
@click.argument("name")
@click.option(
    "--per-minute",
    "pace",
    metavar=f"N|{DEFAULT}",
    callback=_pace,
    help="Messages a minute at most; 0: any number.",
)
@click.option(
    "--when-unsure",
    "choice",
    type=click.Choice([choice.value for choice in WhenUnsure]),
    help="What becomes of a message that cannot be confirmed.",
)
@click.option(
    "--envelope",
    type=click.Choice([choice.value for choice in Envelope]),
    help="What becomes of a mail that names others than its envelope does.",
)
@click.option(
    "--large", is_flag=True, help="Large file attachments, by application permission."
)
def set_(
    *,
    name: str,
    pace: int | str | None,
    choice: str | None,
    envelope: str | None,
    large: bool,
) -> None:
    """Set how an account sends, from the next message on.

    With --when-unsure ask, somebody decides about what may have arrived, so nothing
    comes twice; with resend it goes again, so nothing is missed.

    The envelope of a mail that comes by SMTP decides who gets it. With --envelope
    rewrite, To and Cc name nobody else when it leaves; with refuse it is not taken.
    """
    if pace is None and choice is None and envelope is None and not large:
        raise click.UsageError("Nothing to set. See: portal accounts set --help")
    operator.enter()
    changes: list[str] = []
    with db.session() as session:
        account = mail_accounts.find(session, name)
        if choice is not None:
            mail_accounts.decide_unsure(session, account.id, WhenUnsure(choice))
            changes.append(f"when unsure {choice}")
        if envelope is not None:
            mail_accounts.decide_envelope(session, account.id, Envelope(envelope))
            changes.append(f"envelope {envelope}")
        if pace is not None:
            per_minute = pace if isinstance(pace, int) else None
            lanes.pace(session, account.id, per_minute)
            changes.append(_paced(per_minute))
        if large:
            _enlarge(session, account)
            changes.append("large file attachments")
        told = ", ".join(changes)
        audit.note(session, operator.NAME, f"changed account: {told}", account.name)
    click.echo(f"{account.name}: {told}")


def _enlarge(session: db.Session, account: Account) -> None:
    """Switch large files on, and let go what waits for it; raise NotAllowed."""
    if not account.by_application:
        raise NotAllowed(
            f"The account {account.name} sends by a user's consent, which has to cover"
            " large file attachments: please ask for it on the settings page."
        )
    settings = Settings(sender=account.sender, large_attachments=True)
    mail_accounts.apply(session, account.id, settings, operator.NAME)
    permits.grant(session, account.id, Need.LARGE_ATTACHMENTS, operator.NAME)


def _paced(per_minute: int | None) -> str:
    if per_minute is None:
        return "default pace"
    return f"{per_minute} a minute" if per_minute else "no pace"
