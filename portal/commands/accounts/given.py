"""What an operator gives of an account: senders, its server, what it puts on mail."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import click

from portal import db
from portal.commands.accounts import signing
from portal.commands.accounts.signing import STDIN, Given
from portal.commands.typed import Command
from portal.errors import NotAllowed
from portal.mail.message import address
from portal.workspace.accounts import Letterhead, Server, connectors, servers
from portal.workspace.accounts.servers import PORTS, Provider, Security

DEFAULT = "default"


def _senders(_: click.Context, __: click.Parameter, texts: Sequence[str]) -> list[str]:
    try:
        return list(dict.fromkeys(map(address.sender, texts)))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _mailbox(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
    """Read an address; blank takes back what was set."""
    try:
        return address.read(text).address if text else text
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _place(
    _: click.Context, __: click.Parameter, text: str | None
) -> tuple[str, int | None] | None:
    """Read HOST or HOST:PORT; an IPv6 address with a port stands in brackets."""
    if text is None:
        return None
    host, port = text, None
    if text.startswith("[") or text.count(":") == 1:
        host, _colon, digits = text.rpartition(":")
        if not (digits.isascii() and digits.isdigit() and 0 < int(digits) < 2**16):
            raise click.BadParameter("must look like smtp.example.com:587")
        host, port = host.strip("[]"), int(digits)
    try:
        return servers.host(host), port
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _switch(name: str, told: str) -> Any:
    return click.option(f"--{name}/--no-{name}", default=None, help=told)


def senders(command: Command) -> Command:
    """Let a command take what an account sends as."""
    return click.option(
        "--from",
        "given",
        metavar="ADDRESS|DOMAIN",
        multiple=True,
        callback=_senders,
        help="What it sends as; any address of a domain. More than once for more.",
    )(command)


SERVER = (
    click.option(
        "--smtp", "place", metavar="HOST[:PORT]", callback=_place, help="SMTP server."
    ),
    click.option(
        "--security",
        type=click.Choice([each.value for each in Security]),
        help="How the connection is secured; starttls unless given.",
    ),
    click.option(
        "--username", metavar="NAME", help="Who signs in there; blank: nobody."
    ),
    click.option(
        "--password-file",
        metavar=f"FILE|{STDIN}",
        help="Its password; asked for at a terminal, - reads it from standard input.",
    ),
    click.option(
        "--oauth", is_flag=True, help="Sign in with the application's own token."
    ),
    click.option(
        "--consent", is_flag=True, help="With a user's token: see portal connect."
    ),
    click.option(
        "--provider",
        type=click.Choice([each.value for each in Provider]),
        help="Who signs that user in; with google --consent goes without saying.",
    ),
    click.option("--client-id", metavar="ID", help="Of the OAuth client at Google."),
    click.option(
        "--client-secret-file",
        metavar=f"FILE|{STDIN}",
        help="Its secret; asked for at a terminal, - reads it from standard input.",
    ),
    click.option(
        "--ignore-certificate/--check-certificate",
        default=None,
        help="Take any certificate: whoever is in between could read along.",
    ),
    click.option(
        "--connector",
        metavar=f"NAME|{DEFAULT}",
        help="The Network Connector that it leaves through; blank: none.",
    ),
)
OF_SERVER = (
    "place",
    "security",
    "username",
    "password_file",
    "provider",
    "client_id",
    "client_secret_file",
    "ignore_certificate",
    "connector",
)
LETTERHEAD = (
    click.option("--reply-to", metavar="ADDRESS", callback=_mailbox),
    click.option(
        "--return-path",
        metavar="ADDRESS",
        callback=_mailbox,
        help="Where an SMTP server reports what it cannot deliver.",
    ),
    click.option(
        "--confirmation",
        metavar="ADDRESS",
        callback=_mailbox,
        help="Where readers confirm that they have read a mail.",
    ),
    _switch("read-confirmation", "Ask readers to confirm."),
    _switch("force", "Replace what a message brings, not only what it lacks."),
    _switch("footer", "Add a footer, but never to signed or encrypted mail."),
    click.option("--footer-text", metavar="TEXT", help="The footer of a plain text."),
    click.option("--footer-html", metavar="HTML", help="The footer of an HTML body."),
)


def changes_server(given: Given) -> bool:
    """Tell whether anything was given that is about a server."""
    by_token = given["oauth"] or given["consent"]
    return by_token or any(given[name] is not None for name in OF_SERVER)


def connected(session: db.Session, told: Server, given: Given) -> Server:
    """Return a server with the connector that was given; raise NotFound."""
    name = given["connector"]
    if name is None:
        return told
    chosen = connectors.find(session, name).id if name not in ("", DEFAULT) else None
    return replace(told, use_connector=name != "", connector_id=chosen)


def server(given: Given, known: Server | None = None) -> Server:
    """Return the server that was given, or the known one with what was changed."""
    told = known or _usual(given)
    if not (told.host or given["place"]):
        raise NotAllowed("An SMTP account needs --smtp HOST.")
    security = Security(given["security"] or told.security)
    host, port = given["place"] or (told.host, told.port)
    ignored = given["ignore_certificate"]
    told = replace(
        told,
        host=host,
        port=port or PORTS[security],
        security=security,
        ignore_certificate=told.ignore_certificate if ignored is None else ignored,
    )
    return signing.signing_in(told, given, known)


def _usual(given: Given) -> Server:
    """Return where an account of this provider begins."""
    google = given["provider"] == Provider.GOOGLE
    return Server(host=servers.GMAIL[0] if google else "", port=servers.GMAIL_PORT)


def letterhead(given: Given, known: Letterhead) -> Letterhead:
    """Return what an account puts on its mail, with what was changed."""
    names = [each.name for each in fields(Letterhead)]
    changed = {name: given[name] for name in names if given[name] is not None}
    return replace(known, **changed)
