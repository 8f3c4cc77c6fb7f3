"""Setting up the application: `portal register` and `portal setup-link`."""

import sys
from typing import Any, TextIO

import click

from portal import db
from portal.commands import operator, typed
from portal.commands.setup import given, proxy
from portal.errors import NotAllowed
from portal.issuer.refusals import Unreachable
from portal.microsoft.login import Registration
from portal.workspace import audit, registration
from portal.workspace.people import roles, setup_links

# What is no PEM at all is refused in the same words as a PEM without its key.
PEM = click.File(encoding="ascii", errors="replace")
TENANT, CLIENT = "Directory (Tenant) ID", "Application (Client) ID"
ADMIN = "E-mail address of the first admin (or nothing)"
NOBODY = (
    "No admin is named: whoever has the app role Portal.Admin in Entra may sign in."
    " Or please name one by --admin or PORTAL_ADMINS."
)
FORMER = (
    "The former {kind} serves beside it until {day:%Y-%m-%d}; portal credentials remove"
    " ends it now."
)
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
@click.option(
    "--admin",
    metavar="ADDRESS",
    type=given.MAILBOX,
    help="First admin; asked for as long as none is named.",
)
@click.option(
    "--secret-expires",
    "ends_on",
    metavar="YYYY-MM-DD",
    type=given.DAY,
    help="When the secret ends: Expires, beside it in Entra. Warns before that day.",
)
@typed.options(*proxy.OPTIONS)
@click.option("--force", is_flag=True, help="Replace another application.")
def register(
    *,
    client_id: str | None,
    certificate: TextIO | None,
    admin: str | None,
    force: bool,
    **said: Any,
) -> None:
    """Register your organization's application in Entra.

    It is kept once its credential is proven. Of what is registered already it takes
    the next credential: the former one serves beside it for a week. Asks for what is
    left out and not known yet; the secret is not shown while it is typed, and is read
    from standard input if that is no terminal.

    What email-oauth2-proxy is registered with is taken under the same names.
    """
    asked = proxy.read(said)
    _check_credentials(said | {"certificate": certificate})
    operator.enter()
    known = None if force else _known()
    chosen = registration.application(
        tenant=asked.tenant or (known.tenant if known else _ask(TENANT)),
        client_id=_named_client(known, client_id) or _guid(_ask(CLIENT)),
        secret=None if certificate else _secret(said["secret"], said["secret_file"]),
        certificate=certificate.read() if certificate else None,
    )
    admin = admin or _first_admin()
    proven = _prove(registration.locate(chosen))
    with db.session() as session:
        ended = registration.register(
            session, proven, admin=admin, replace=force, ends_at=said["ends_on"]
        )
        setup_links.end(session)
        audit.note(session, operator.NAME, "registered application", proven.client_id)
    click.echo(f"Registered {proven.client_id} in {proven.tenant}.")
    click.echo(f"Redirect URI (type Web): {proven.redirect_uri}")
    for note in (*asked.notes, *_notes(replaced=bool(ended))):
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
    if said["certificate"] and said["ends_on"]:
        raise click.UsageError("A certificate tells by itself when it ends.")


def _known() -> Registration | None:
    """Return what is registered; raise NotAllowed if nothing can be."""
    registration.check_open()
    with db.reading() as session:
        return registration.current(session)


def _named_client(known: Registration | None, client_id: str | None) -> str | None:
    """Return the application's ID, if it is known before anybody types a secret."""
    named = _guid(client_id).strip().lower() if client_id else None
    if known and named not in (None, known.client_id):
        raise NotAllowed(registration.ANOTHER)
    return known.client_id if known else named


def _notes(*, replaced: bool) -> list[str]:
    """Tell what goes on beside it, what has ended, and what is missing yet."""
    with db.reading() as session:
        _, *former = registration.proofs(session)
        named = roles.admins(session)
    notes = [FORMER.format(kind=each.kind, day=each.until) for each in former]
    if replaced:
        notes.append(registration.REPLACED)
    if not named:
        notes.append(NOBODY)
    return notes


def _ask(what: str) -> str:
    answer: str = click.prompt(what, err=True)
    return answer.strip()


def _first_admin() -> str | None:
    """Ask for one where there is none yet, and somebody to ask."""
    with db.reading() as session:
        if roles.admins(session) or not sys.stdin.isatty():
            return None
    admin: str | None = click.prompt(
        ADMIN,
        default="",
        show_default=False,
        value_proc=lambda typed: given.MAILBOX(typed) if typed else None,
        err=True,
    )
    return admin


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
    """Get a token with the credential before it is kept; a refusal refuses it.

    Without Microsoft only the very first is kept: there is none that would serve.
    """
    try:
        return registration.prove(located)
    except Unreachable as error:
        if _known():
            raise
        click.echo(f"Kept without a proof: {error}", err=True)
        return located
