"""Adding a mail account: of a user, by application permission, by an SMTP server."""

from typing import Any

import click

from portal import db
from portal.commands import operator, typed
from portal.commands.accounts import given as options
from portal.commands.accounts.given import LETTERHEAD, SERVER
from portal.commands.accounts.signing import Given
from portal.workspace import accounts
from portal.workspace.accounts import Account, Letterhead, entries
from portal.workspace.accounts.entries import Act
from portal.workspace.accounts.servers import Authentication
from portal.workspace.consent import submission
from portal.workspace.tokens import application as own_token
from portal.workspace.tokens.application import Resource

WHICH = "Please say how it sends: --graph, --application, or --smtp HOST."
AS_WHOM = "Please say what it sends as: --from ADDRESS."
CONSENTED = (
    "With --graph, whoever signs in says what it sends as: portal connect NAME --from"
    " ADDRESS. Large file attachments are asked for on its page."
)
NOT_LARGE = "--large is for --application."
KNOWN = "Microsoft knows the application; the first mail proves the rest."
UNPROVEN = "The first mail proves that the server takes it."
UNSIGNED = "Its mail waits until its user has signed in: portal connect {name}"
IGNORED = (
    "Its certificate is not checked: whoever is between this machine and the server"
    " could read the password and all mail."
)


@click.command()
@click.argument("name")
@click.option("--graph", is_flag=True, help="Through Graph; a user signs in for it.")
@click.option("--application", is_flag=True, help="Through Graph; no user signs in.")
@options.senders
@click.option("--large", is_flag=True, help="Large file attachments as well.")
@typed.options(*SERVER, *LETTERHEAD)
def add(**given: Any) -> None:
    """Add an account of a user, by application permission, or by an SMTP server.

    With --graph a user signs in afterwards (portal connect NAME), and it sends as that
    user, or as another mailbox or group that the user may send as.

    With --application an administrator grants the registered application Mail.Send,
    for --large also Mail.ReadWrite, as application permissions; Exchange may limit it
    to some mailboxes. With --smtp and --oauth it is SMTP.SendAsApp. With --consent a
    user signs in afterwards (portal connect NAME), who lets it send by SMTP.Send; with
    --provider google it is a user of Google Workspace, at smtp.gmail.com.

    The first address is what it sends as when a message names no From.
    """
    by_smtp = options.changes_server(given)
    if [given["graph"], given["application"], by_smtp].count(True) != 1:
        raise click.UsageError(WHICH)
    _check_fit(given)
    operator.enter()
    if given["graph"]:
        _add_graph(given)
    elif by_smtp:
        _add_smtp(given)
    else:
        _add_application(given)


def _check_fit(given: Given) -> None:
    """Raise UsageError for what does not go with how it sends."""
    if given["graph"] and (given["given"] or given["large"]):
        raise click.UsageError(CONSENTED)
    if not given["graph"] and not given["given"]:
        raise click.UsageError(AS_WHOM)
    if given["large"] and not given["application"]:
        raise click.UsageError(NOT_LARGE)


def _add_graph(given: Given) -> None:
    name = given["name"]
    with db.session() as session:
        account = accounts.add_delegated(session, name, by=operator.NAME)
        told = _finish(session, account, given)
    click.echo(f"{name} {told}.")
    click.echo(UNSIGNED.format(name=name), err=True)


def _add_application(given: Given) -> None:
    own_token.prove(Resource.GRAPH)
    name, large = given["name"], given["large"]
    with db.session() as session:
        account = accounts.add(
            session, name, given["given"], large=large, by=operator.NAME
        )
        told = _finish(session, account, given)
    click.echo(f"{name} {told}.")
    click.echo(KNOWN, err=True)


def _add_smtp(given: Given) -> None:
    server = options.server(given)
    accounts.servers.check(server)
    if server.authentication == Authentication.OAUTH:
        own_token.prove(Resource.EXCHANGE)
    name = given["name"]
    with db.session() as session:
        server = options.connected(session, server, given)
        account = accounts.add_smtp(
            session, name, given["given"], server, by=operator.NAME
        )
        submission.wait(session, account)
        told = _finish(session, account, given)
    click.echo(f"{name} {told}.")
    if server.ignore_certificate:
        click.echo(IGNORED, err=True)
    consented = server.authentication == Authentication.CONSENT
    click.echo(UNSIGNED.format(name=name) if consented else UNPROVEN, err=True)


def _finish(session: db.Session, account: Account, given: Given) -> str:
    """Put on its mail what was given; return how it sends, as the audit says."""
    letterhead = options.letterhead(given, Letterhead())
    accounts.decide_letterhead(session, account.id, letterhead)
    told = entries.way(session, account)
    entries.note(session, Act.ADDED, account.name, operator.NAME, told)
    return told
