"""How an account signs in at its server: by a password, or whose token, as given."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from portal.workspace.accounts import Server, servers
from portal.workspace.accounts.servers import Authentication, Provider

Given = Mapping[str, Any]  # options by name; None: not given
STDIN = "-"
LONGEST_SECRET = 10_000  # characters
FOR_GOOGLE = (
    "--client-id and --client-secret-file belong to an OAuth client at Google: use them"
    " with --provider google. At Microsoft it is the registered application that signs"
    " in; see: portal register --help"
)
WITH_USERNAME = (
    "--password-file goes with --username, and not with --oauth, --consent or"
    " --provider: they sign in with a token."
)
WHOSE = "Please choose: --oauth is the application's token, --consent a user's."


def signing_in(told: Server, given: Given, known: Server | None) -> Server:
    """Say how it signs in; another server gets a password that is given anew."""
    username = told.username if given["username"] is None else given["username"].strip()
    told = replace(told, username=username)
    if _at_google(given, known):
        return _by_google(told, given)
    _check_secrets(given, username)
    if _by_token(given):
        return _forgetful(told, _whose(given))
    if username:
        return _by_password(told, given, known)
    return _forgetful(told, Authentication.NONE)


def _check_secrets(given: Given, username: str) -> None:
    """Raise UsageError for what nobody will be asked for there."""
    for_google = (given["client_id"], given["client_secret_file"])
    if for_google != (None, None):
        raise click.UsageError(FOR_GOOGLE)
    if given["password_file"] is not None and (_by_token(given) or not username):
        raise click.UsageError(WITH_USERNAME)


def _by_password(told: Server, given: Given, known: Server | None) -> Server:
    asked = given["password_file"] is not None or given["username"] is not None
    if known and not asked and _may_keep(told, known):
        return told
    password = _secret(given["password_file"], "Password")
    told = _forgetful(told, Authentication.PASSWORD)
    return replace(told, password=password)


def _at_google(given: Given, known: Server | None) -> bool:
    """Tell whether a user signs in at Google, from now on or as before."""
    otherwise = given["oauth"] or given["password_file"] is not None
    named = Provider(given["provider"]) if given["provider"] else None
    if named == Provider.GOOGLE and otherwise:
        raise click.UsageError("With --provider google a user signs in.")
    before = known is not None and known.by_google
    return (named == Provider.GOOGLE) if named else before and not otherwise


def _by_google(told: Server, given: Given) -> Server:
    """Say as which OAuth client; its secret stays while it is the same one."""
    client_id = (given["client_id"] or told.client_id).strip()
    source, secret = given["client_secret_file"], told.client_secret
    if source is not None or client_id != told.client_id or not secret:
        secret = _secret(source, "Client secret", "--client-secret-file")
    told = _forgetful(told, Authentication.CONSENT)
    return replace(
        told, provider=Provider.GOOGLE, client_id=client_id, client_secret=secret
    )


def _forgetful(told: Server, authentication: Authentication) -> Server:
    """Return it without what only another way to sign in needs."""
    return replace(
        told,
        authentication=authentication,
        password="",
        provider=Provider.MICROSOFT,
        client_id="",
        client_secret="",
    )


def _may_keep(told: Server, known: Server) -> bool:
    """Tell whether what signs in there may stay: a password only where it was."""
    by_password = known.authentication == Authentication.PASSWORD
    return not by_password or servers.trusted_like(told, known)


def _by_token(given: Given) -> bool:
    return bool(given["oauth"] or given["consent"] or given["provider"])


def _whose(given: Given) -> Authentication:
    if given["oauth"] and given["consent"]:
        raise click.UsageError(WHOSE)
    return Authentication.OAUTH if given["oauth"] else Authentication.CONSENT


def _secret(source: str | None, name: str, option: str = "--password-file") -> str:
    """Read a secret from a file, from standard input, or from who sits there."""
    if source is None and not sys.stdin.isatty():
        raise click.UsageError(f"Please give {option}, or - for standard input.")
    if source is None:
        asked: str = click.prompt(name, hide_input=True, err=True)
        return asked
    try:
        whole = sys.stdin.read() if source == STDIN else Path(source).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = f"The {name.lower()} cannot be read ({type(error).__name__})."
        raise click.UsageError(reason) from error
    secret = whole.rstrip("\r\n")
    if not secret or len(secret) > LONGEST_SECRET:
        raise click.UsageError(f"This file holds no {name.lower()}.")
    return secret
