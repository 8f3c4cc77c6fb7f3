"""API keys at the command line: who may bring mail, and how much of what."""

import json
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

import click

from portal import clock, db
from portal.commands import operator, typed
from portal.errors import NotFound
from portal.workspace import accounts as mail_accounts
from portal.workspace import audit
from portal.workspace.accounts import Account
from portal.workspace.people import keys as api_keys
from portal.workspace.people.keys import Key
from portal.workspace.people.limits import MOST_PER_MINUTE, MOST_SIZE, NONE


def _senders(_: click.Context, __: click.Parameter, texts: Sequence[str]) -> list[str]:
    if not texts:
        return []
    # What reads an address takes longer to load than all else here.
    read = import_module("portal.mail.message.address").sender
    try:
        return list(dict.fromkeys(map(read, texts)))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


LIMITS = (
    click.option(
        "--account",
        "names",
        metavar="NAME",
        multiple=True,
        help="A mail account that it may use. More than once for more.",
    ),
    click.option(
        "--from",
        "given",
        metavar="ADDRESS|DOMAIN",
        multiple=True,
        callback=_senders,
        help="What it may send as; any address of a domain. More than once for more.",
    ),
    click.option(
        "--per-minute",
        metavar="N",
        type=click.IntRange(0, MOST_PER_MINUTE),
        help="Messages a minute that it may bring; 0: any number.",
    ),
    click.option(
        "--max-size",
        metavar="BYTES",
        type=click.IntRange(0, MOST_SIZE),
        help="Bytes of a message at most; 0: as many as the portal takes.",
    ),
)


@click.group()
def keys() -> None:
    """Make, list, limit and revoke API keys."""


@keys.command()
@click.argument("name")
@typed.options(*LIMITS)
def create(*, name: str, **given: Any) -> None:
    """Make a key and print it, alone and only this once.

    Without options it may do whatever the portal can.
    """
    operator.enter()
    with db.session() as session:
        limits = replace(NONE, **_read(session, **given))
        secret = api_keys.create(session, name, limits)
        told = ["created key", *limits.told(mail_accounts.every(session))]
        audit.note(session, operator.NAME, ", ".join(told), name)
    click.echo(secret)


@keys.command("set")
@click.argument("name")
@typed.options(*LIMITS)
@click.option("--any-account", is_flag=True, help="It may use every mail account.")
@click.option("--any-from", is_flag=True, help="It may send as whom the account may.")
def set_(*, name: str, any_account: bool, any_from: bool, **given: Any) -> None:
    """Set what a key may do, from the next message on; the rest stays as it is."""
    lifted: dict[str, Any] = {"accounts": ()} if any_account else {}
    lifted |= {"senders": ()} if any_from else {}
    operator.enter()
    with db.session() as session:
        key, changes = api_keys.named(session, name), _read(session, **given)
        if changes.keys() & lifted.keys():
            raise click.UsageError("Please name some, or say any; not both.")
        if not changes | lifted:
            raise click.UsageError("Nothing to set. See: portal keys set --help")
        limits = replace(key.limits, **changes, **lifted)
        api_keys.limit(session, name, limits)
        told = ", ".join(limits.told(mail_accounts.every(session))) or "no limits"
        audit.note(session, operator.NAME, f"changed key: {told}", name)
    click.echo(f"{name}: {told}")


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(*, as_json: bool) -> None:
    """List all keys by name: what each may do, and when it last brought mail."""
    operator.enter()
    with db.reading() as session:
        known, every = api_keys.every(session), mail_accounts.every(session)
    width = max((len(key.name) for key in known), default=0)
    for key in known:
        line = (
            f"{key.name:<{width}}",
            f"created {key.created_at:%Y-%m-%d}",
            f"used {key.used_at:%Y-%m-%d %H:%M}" if key.used_at else "never used",
            *key.limits.told(every),
            f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else "active",
        )
        click.echo(json.dumps(_shown(key, every)) if as_json else "  ".join(line))


@keys.command()
@click.argument("name")
def revoke(name: str) -> None:
    """End a key at once."""
    operator.enter()
    with db.session() as session:
        api_keys.revoke(session, name)
        audit.note(session, operator.NAME, "revoked key", name)
    click.echo(f"Revoked {name}.")


def _read(
    session: db.Session,
    names: Sequence[str],
    given: Sequence[str],
    per_minute: int | None,
    max_size: int | None,
) -> dict[str, Any]:
    """Return the limits that were named; raise NotFound for an account."""
    changes: dict[str, Any] = {}
    if names:
        found = [mail_accounts.find(session, name).id for name in map(_some, names)]
        changes["accounts"] = tuple(dict.fromkeys(found))
    if given:
        changes["senders"] = tuple(given)
    if per_minute is not None:
        changes["per_minute"] = per_minute or None
    if max_size is not None:
        changes["max_size"] = max_size or None
    return changes


def _some(name: str) -> str:
    """Return the name of an account; none would be the default one's."""
    if not name:
        raise NotFound("There is no account without a name.")
    return name


def _shown(key: Key, known: list[Account]) -> dict[str, Any]:
    names = {each.id: each.name for each in known}
    return {
        "name": key.name,
        "created_at": clock.plain(key.created_at),
        "revoked_at": clock.plain(key.revoked_at),
        "used_at": clock.plain(key.used_at),
        "accounts": [names.get(each, "gone") for each in key.limits.accounts],
        "from": list(key.limits.senders),
        "per_minute": key.limits.per_minute,
        "max_size": key.limits.max_size,
    }
