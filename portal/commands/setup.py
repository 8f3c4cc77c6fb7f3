"""Setting up: `portal register` and `portal connect`."""

import sys
import time
from dataclasses import replace
from typing import TextIO
from uuid import UUID

import click

from portal import config, db
from portal.errors import InvalidMessage, NotConnected, Problem
from portal.mail.message import address
from portal.microsoft import identity, login
from portal.microsoft.login import Registration
from portal.microsoft.refusals import Unreachable
from portal.workspace import accounts, audit, connections, house, registration
from portal.workspace.consent import changes
from portal.workspace.consent.changes import Outcome, Progress

LOOK_SECONDS = 0.3
OPERATOR = "operator"


@click.command()
@click.option("--tenant", prompt="Directory (Tenant) ID", help="GUID or domain.")
@click.option("--client-id", prompt="Application (Client) ID", help="GUID.")
@click.option("--secret", help="Client Secret Value; asked for if left out.")
@click.option("--certificate", type=click.File(), help="PEM with certificate and key.")
@click.option("--admin", help="Address of the first workspace admin.")
@click.option("--force", is_flag=True, help="Replace what is registered.")
def register(  # noqa: PLR0913 - one for each option
    *,
    tenant: str,
    client_id: str,
    secret: str | None,
    certificate: TextIO | None,
    admin: str | None,
    force: bool,
) -> None:
    """Register your organization's application, once its credential is proven."""
    house.open_up(config.current())
    if not secret and not certificate:
        secret = click.prompt("Client Secret Value", hide_input=True)
    chosen = registration.application(
        tenant=tenant.strip(),
        client_id=client_id.strip(),
        secret=secret.strip() if secret else None,
        certificate=certificate.read() if certificate else None,
    )
    proven = _prove(_with_guid(chosen))
    with db.session() as session:
        registration.register(session, proven, admin=admin, replace=force)
        audit.note(session, OPERATOR, "registered application", proven.client_id)
    click.echo(f"Registered {proven.client_id} in {proven.tenant}.")
    click.echo(f"Redirect URI (type Web): {proven.redirect_uri}")


@click.command()
@click.argument("account", required=False)
@click.option("--from", "sender", help="Address to send from; else who signs in.")
def connect(*, account: str | None, sender: str | None) -> None:
    """Print a link for the mailbox's user to sign in with, and wait for it."""
    house.open_up(config.current())
    with db.session() as session:
        if registration.current(session) is None:
            raise NotConnected("No application is registered. See: portal register")
        wanted = accounts.find(session, account)
        link = changes.invite(session, wanted.id, _address(sender), OPERATOR)
    click.echo("Please visit the following URL to authenticate account")
    click.echo(f"{config.current().base_url}/connect/{link.secret}")
    sys.exit(_wait(link.change_id, wanted.id))


def _address(sender: str | None) -> str | None:
    if sender is None:
        return None
    try:
        return address.read(sender).address
    except ValueError as error:
        raise InvalidMessage([Problem(field="from", reason=str(error))]) from None


def _wait(change_id: UUID, account_id: UUID) -> int:
    told = ""
    while not (now := _progress(change_id)).ended:
        if now.trouble != told:
            click.echo(now.trouble, err=True)
            told = now.trouble
        time.sleep(LOOK_SECONDS)
    if now.outcome != Outcome.APPLIED:
        click.echo("This link has ended; a newer one replaced it, or 7 days passed.")
        return 1
    with db.reading() as session:
        connection = connections.find(session, account_id)
        sender = accounts.by_id(session, account_id).sender
    if connection:
        click.echo(f"Connected as {connection.username}; mail leaves as {sender}.")
    return 0


def _progress(change_id: UUID) -> Progress:
    with db.reading() as session:
        return changes.progress(session, change_id)


def _with_guid(chosen: Registration) -> Registration:
    """Find the tenant's GUID, which a domain only stands for."""
    if registration.is_guid(chosen.tenant):
        return chosen
    found = identity.discover(chosen.login_url, chosen.tenant)
    return replace(chosen, tenant=found.id)


def _prove(chosen: Registration) -> Registration:
    """Get a token with the credential before it is kept; a refusal refuses it."""
    try:
        login.app_token(chosen)
    except Unreachable as error:
        click.echo(f"Kept, but not proven: {error}", err=True)
    return chosen
