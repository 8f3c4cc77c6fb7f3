"""Setting up: `portal register`, `setup-link`, `connect` and `db upgrade`."""

import sys
import time
from typing import TextIO

import click

from portal import config, db, migrations
from portal.commands import operator
from portal.errors import NotAllowed, NotConnected
from portal.mail.message import address
from portal.microsoft.login import Registration
from portal.microsoft.refusals import Unreachable
from portal.workspace import accounts, audit, connections, house, registration
from portal.workspace.consent import changes
from portal.workspace.consent.changes import Change, Outcome, Stage
from portal.workspace.people import setup_links

LOOK_SECONDS = 0.3
ENDINGS = {
    Outcome.REPLACED: "a newer one replaced it",
    Outcome.DISCARDED: "an admin discarded the change",
    Outcome.RESET: "the account was Reset",
}
# What is no PEM at all is refused in the same words as a PEM without its key.
PEM = click.File(encoding="ascii", errors="replace")


def _address(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
    try:
        return address.read(text).address if text is not None else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@click.option("--tenant", metavar="GUID|DOMAIN", help="Directory (Tenant) ID.")
@click.option("--client-id", metavar="GUID", help="Application (Client) ID.")
@click.option("--secret", help="Client Secret Value; others may see it in a command.")
@click.option("--certificate", type=PEM, help="PEM with certificate and key instead.")
@click.option("--admin", metavar="ADDRESS", callback=_address, help="First admin.")
@click.option("--force", is_flag=True, help="Replace what is registered.")
def register(  # noqa: PLR0913 - one for each option
    *,
    tenant: str | None,
    client_id: str | None,
    secret: str | None,
    certificate: TextIO | None,
    admin: str | None,
    force: bool,
) -> None:
    """Register your organization's application in Entra.

    It is kept once its credential is proven. Asks for what is left out; the secret is
    not shown while it is typed.
    """
    if secret and certificate:
        raise click.UsageError("--secret and --certificate exclude each other.")
    operator.enter()
    _look_for_room(force)
    chosen = registration.application(
        tenant=tenant or _ask("Directory (Tenant) ID"),
        client_id=_guid(client_id or _ask("Application (Client) ID")),
        secret=None if certificate else _value(secret or _ask_secret()),
        certificate=certificate.read() if certificate else None,
    )
    proven = _prove(registration.locate(chosen))
    with db.session() as session:
        ended = registration.register(session, proven, admin=admin, replace=force)
        setup_links.end(session)
        audit.note(session, operator.NAME, "registered application", proven.client_id)
    click.echo(f"Registered {proven.client_id} in {proven.tenant}.")
    click.echo(f"Redirect URI (type Web): {proven.redirect_uri}")
    if ended:
        click.echo(registration.REPLACED, err=True)


@click.command("setup-link")
def setup_link() -> None:
    """Print a one-time link to register in the browser.

    It serves for an hour and for one registration; a newer one ends it.
    """
    operator.enter()
    registration.check_open()
    click.echo(operator.setup_address())
    click.echo("Please open it within an hour. It serves once.", err=True)


@click.command()
@click.argument("account", required=False)
@click.option(
    "--from",
    "sender",
    metavar="ADDRESS",
    callback=_address,
    help="Address to send from; else as before, or at first whoever signs in.",
)
def connect(*, account: str | None, sender: str | None) -> None:
    """Print a link that connects a mailbox, and wait for it.

    The mailbox's user, or somebody who may send as it, opens the link and signs in.
    """
    operator.enter()
    with db.session() as session:
        if registration.current(session) is None:
            raise NotConnected("No application is registered. See: portal setup-link")
        wanted = accounts.find(session, account)
        change = changes.invite(session, wanted.id, sender, operator.NAME)
    click.echo("Please visit the following URL to authenticate account")
    click.echo(f"{config.current().base_url}/connect/{change.link}")
    sys.exit(_wait(change))


@click.group("db")
def database() -> None:
    """Look after the database."""


@database.command()
def upgrade() -> None:
    """Bring the schema to this version; every part does so when it starts."""
    house.open_up(config.current())
    click.echo(f"The schema is at version {migrations.HEAD}.")


def _look_for_room(force: bool) -> None:
    """Raise NotAllowed before anybody types in a secret for nothing."""
    with db.reading() as session:
        if registration.current(session) and not force:
            raise NotAllowed("An application is registered already. See: --force")


def _ask(what: str) -> str:
    answer: str = click.prompt(what, err=True)
    return answer.strip()


def _ask_secret() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    answer: str = click.prompt("Client Secret Value", hide_input=True, err=True)
    return answer.strip()


def _guid(text: str) -> str:
    if not registration.is_guid(text.strip()):
        raise click.BadParameter("must be a GUID", param_hint="--client-id")
    return text


def _value(secret: str) -> str:
    registration.check_secret(secret)
    return secret


def _prove(located: Registration) -> Registration:
    """Get a token with the credential before it is kept; a refusal refuses it."""
    try:
        return registration.prove(located)
    except Unreachable as error:
        click.echo(f"Kept without a proof: {error}", err=True)
        return located


def _wait(change: Change) -> int:
    told = ""
    while not change.ended:
        if (news := _news(change)) not in ("", told):
            click.echo(news, err=True)
            click.echo("The link still serves; Ctrl-C ends the waiting.", err=True)
            told = news
        time.sleep(LOOK_SECONDS)
        with db.reading() as session:
            change = changes.find(session, change.id)
    if change.stage != Stage.APPLIED:
        why = ENDINGS.get(change.outcome) if change.outcome else None
        click.echo(f"This link has ended: {why or '7 days have passed'}.")
        return 1
    _tell_connection(change)
    return 0


def _news(change: Change) -> str:
    """Tell what somebody has to do before this goes on; "" if nothing is wrong."""
    if change.stage == Stage.PROPOSED and change.proposal:
        return (
            f"Expected {change.sender}, signed in as {change.proposal.address}. To send"
            " by that account, press Use this account on the page."
        )
    if change.stage == Stage.WAITING:
        link = f"{config.current().base_url}/approve/{change.approval_link}"
        return f"{change.trouble} To approve, an admin of the organization opens {link}"
    return change.trouble


def _tell_connection(change: Change) -> None:
    with db.reading() as session:
        connection = connections.find(session, change.account_id)
        sender = accounts.by_id(session, change.account_id).sender
    if connection:
        click.echo(f"Connected as {connection.username}; mail leaves as {sender}.")
