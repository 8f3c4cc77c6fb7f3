"""What the audit says of an account: in the same words, wherever it was done."""

from collections.abc import Iterator
from dataclasses import fields
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from portal.mail import lanes
from portal.workspace import audit, senders
from portal.workspace.accounts import connectors, servers
from portal.workspace.accounts.account import Account, AccountRow, Letterhead, told
from portal.workspace.accounts.servers import Authentication, Server

SECRETS = ("password", "client_secret")
SIGNING_IN = {
    Authentication.NONE: "nobody signs in",
    Authentication.PASSWORD: "signs in with a password",
    Authentication.OAUTH: "signs in as the application",
    Authentication.CONSENT: "a user signs in",
}


class Act(StrEnum):
    """What is done to an account."""

    ADDED = "added account"
    TRIED = "tried account"  # before it was saved
    CHANGED = "changed account"
    MADE_DEFAULT = "made account the default"
    SWITCHED_ON = "switched account on"
    SWITCHED_OFF = "switched account off"
    REMOVED = "removed account"


def note(session: Session, act: Act, name: str, by: str, *details: str) -> None:
    """Write down who did what to the account of that name."""
    audit.note(session, by, ": ".join(filter(None, (act, ", ".join(details)))), name)


def change(session: Session, account: Account, by: str, *details: str) -> bool:
    """Write down what was changed of an account, which may end what holds it.

    One that is held still tries a message now; return whether it does.
    """
    note(session, Act.CHANGED, account.name, by, *details)
    return lanes.probe(session, account.id)


def way(session: Session, account: Account) -> str:
    """Tell how an account sends, and as whom if that is known."""
    through = ""
    if account.by_smtp:
        server = servers.of(session, account.id)
        by = by_server(server)
        through = f", {_leaving(session, server)}" if server.use_connector else ""
    elif account.by_application:
        by = "sends by application permission"
    else:
        return "sends with the sign-in of a user"
    return f"{by} as {senders.told(account.senders)}{through}"


def changes(session: Session, before: Account, server: Server | None) -> list[str]:
    """Tell what is otherwise by now of what can be typed for an account."""
    now = told(session.get_one(AccountRow, before.id))
    return list(_changes(session, before, now, server))


def _changes(
    session: Session, before: Account, now: Account, server: Server | None
) -> Iterator[str]:
    if now.name != before.name:
        yield f"called {now.name}"
    if now.fallback_id != before.fallback_id:
        yield by_fallback(session, now.fallback_id)
    if now.senders != before.senders:
        yield as_senders(now.senders)
    if server and now.by_smtp:
        yield from by_change(session, server, servers.of(session, now.id))
    yield from by_letterhead(before.letterhead, now.letterhead)


def as_senders(given: tuple[str, ...]) -> str:
    return f"sends as {senders.told(given)}"


def by_server(server: Server) -> str:
    unchecked = ", any certificate" if server.ignore_certificate else ""
    return f"sends by {server.host}:{server.port}{unchecked}"


def by_change(session: Session, before: Server, now: Server) -> list[str]:
    """Tell what is otherwise of a server; of a secret that it is new, and no more."""
    plain = [
        told(now)
        for told in (by_server, _secured, _signing_in, _username, _client)
        if told(now) != told(before)
    ]
    new = [
        f"new {name.replace('_', ' ')}"
        for name in SECRETS
        if getattr(now, name) not in ("", getattr(before, name))
    ]
    ways = [_leaving(session, server) for server in (before, now)]
    return plain + new + ([ways[1]] if ways[0] != ways[1] else [])


def _secured(server: Server) -> str:
    return f"security {server.security}"


def _signing_in(server: Server) -> str:
    by = SIGNING_IN[server.authentication]
    return f"{by} at {server.provider.called}" if server.by_user else by


def _username(server: Server) -> str:
    return f"username {server.username or 'none'}"


def _client(server: Server) -> str:
    return f"client id {server.client_id or 'none'}"


def _leaving(session: Session, server: Server) -> str:
    if not server.use_connector:
        return "no connector"
    chosen, every = server.connector_id, connectors.every(session)
    named = (each.name for each in every if each.id == chosen)
    return f"connector {next(named, connectors.DEFAULT)}"


def by_fallback(session: Session, account_id: UUID | None) -> str:
    if account_id is None:
        return "no fallback"
    return f"fallback {session.get_one(AccountRow, account_id).name}"


def by_letterhead(before: Letterhead, now: Letterhead) -> list[str]:
    """Tell what an account puts on its mail that it did not, never a whole footer."""
    names = [each.name for each in fields(Letterhead)]
    return [
        f"{name.replace('_', ' ')} {_value(name, getattr(now, name))}"
        for name in names
        if getattr(now, name) != getattr(before, name)
    ]


def _value(name: str, value: bool | str) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if not value:
        return "none"
    return "set" if name.startswith("footer_") else value
