"""Setting up the application: `portal register` and `portal setup-link`."""

import sys
from typing import Any, TextIO

import click

from portal import db
from portal.commands import operator
from portal.commands.setup import given, proxy
from portal.errors import NotAllowed
from portal.issuer.refusals import Unreachable
from portal.microsoft.login import Registration
from portal.workspace import audit, registration
from portal.workspace.people import setup_links

# What is no PEM at all is refused in the same words as a PEM without its key.
PEM = click.File(encoding="ascii", errors="replace")
CREDENTIALS = {
    "secret": "--secret",
    "secret_file": "--client-secret-file",
    "certificate": "--certificate",
}


@click.command()
@click.option(
    "--tenant", metavar="GUID|DOMAIN", type=given.TEXT, help="Directory (Tenant) ID."
)
@click.option(
    "--client-id",
    "--oauth2-client-id",
    "client_id",
    metavar="GUID",
    type=given.TEXT,
    help="Application (Client) ID.",
)
@click.option(
    "--client-secret-file",
    "secret_file",
    metavar="FILE",
    type=click.File(encoding="utf-8", errors="replace"),
    help="Holds the Client Secret Value; - for standard input.",
)
@click.option(
    "--secret",
    "--client-secret",
    "--oauth2-client-secret",
    "secret",
    help="Client Secret Value. While it runs, everybody on this machine sees the"
    " command and with it the secret: --client-secret-file hides it.",
)
@click.option("--certificate", type=PEM, help="PEM with certificate and key instead.")
@click.option("--admin", metavar="ADDRESS", callback=given.mailbox, help="First admin.")
@proxy.options
@click.option("--force", is_flag=True, help="Replace what is registered.")
def register(
    *,
    client_id: str | None,
    certificate: TextIO | None,
    admin: str | None,
    force: bool,
    **said: Any,
) -> None:
    """Register your organization's application in Entra.

    It is kept once its credential is proven. Asks for what is left out; the secret is
    not shown while it is typed, and is read from standard input if that is no terminal.

    What email-oauth2-proxy is registered with is taken under the same names.
    """
    asked = proxy.read(said)
    _check_credentials(said | {"certificate": certificate})
    operator.enter()
    _look_for_room(force)
    chosen = registration.application(
        tenant=asked.tenant or _ask("Directory (Tenant) ID"),
        client_id=_guid(client_id or _ask("Application (Client) ID")),
        secret=None if certificate else _secret(said["secret"], said["secret_file"]),
        certificate=certificate.read() if certificate else None,
    )
    proven = _prove(registration.locate(chosen))
    with db.session() as session:
        ended = registration.register(session, proven, admin=admin, replace=force)
        setup_links.end(session)
        audit.note(session, operator.NAME, "registered application", proven.client_id)
    click.echo(f"Registered {proven.client_id} in {proven.tenant}.")
    click.echo(f"Redirect URI (type Web): {proven.redirect_uri}")
    for note in (*asked.notes, *([registration.REPLACED] if ended else [])):
        click.echo(note, err=True)
    if asked.flow:
        click.echo(f"Next: {proxy.NEXT[asked.flow]}")


@click.command("setup-link")
def setup_link() -> None:
    """Print a one-time link to register in the browser.

    It serves for an hour and for one registration; a newer one ends it.
    """
    operator.enter()
    registration.check_open()
    click.echo(operator.setup_address())
    click.echo("Please open it within an hour. It serves once.", err=True)


def _check_credentials(said: dict[str, Any]) -> None:
    names = [option for name, option in CREDENTIALS.items() if said[name]]
    if len(names) > 1:
        raise click.UsageError(f"{' and '.join(names)} exclude each other.")


def _look_for_room(force: bool) -> None:
    """Raise NotAllowed before anybody types in a secret for nothing."""
    with db.reading() as session:
        if registration.current(session) and not force:
            raise NotAllowed("An application is registered already. See: --force")


def _ask(what: str) -> str:
    answer: str = click.prompt(what, err=True)
    return answer.strip()


def _secret(value: str | None, file: TextIO | None) -> str:
    secret = value or (file.readline() if file else _ask_secret())
    registration.check_secret(secret)
    return secret


def _ask_secret() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    answer: str = click.prompt("Client Secret Value", hide_input=True, err=True)
    return answer


def _guid(text: str) -> str:
    if not registration.is_guid(text.strip()):
        raise click.BadParameter("must be a GUID", param_hint="--client-id")
    return text


def _prove(located: Registration) -> Registration:
    """Get a token with the credential before it is kept; a refusal refuses it."""
    try:
        return registration.prove(located)
    except Unreachable as error:
        click.echo(f"Kept without a proof: {error}", err=True)
        return located
