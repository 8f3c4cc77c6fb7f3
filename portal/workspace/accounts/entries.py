"""What the audit says of an account: in the same words, wherever it was done."""

from collections.abc import Iterator
from dataclasses import fields
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from portal.workspace import audit, senders
from portal.workspace.accounts import servers
from portal.workspace.accounts.account import Account, AccountRow, Letterhead, told
from portal.workspace.accounts.servers import Server


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


def way(session: Session, account: Account) -> str:
    """Tell how an account sends, and as whom if that is known."""
    if account.by_smtp:
        by = by_server(servers.of(session, account.id))
    elif account.by_application:
        by = "sends by application permission"
    else:
        return "sends with the sign-in of a user"
    return f"{by} as {senders.told(account.senders)}"


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
    present = servers.of(session, now.id) if now.by_smtp else None
    if present and present != server:
        yield by_server(present)
    yield from by_letterhead(before.letterhead, now.letterhead)


def as_senders(given: tuple[str, ...]) -> str:
    return f"sends as {senders.told(given)}"


def by_server(server: Server) -> str:
    unchecked = ", any certificate" if server.ignore_certificate else ""
    return f"sends by {server.host}:{server.port}{unchecked}"


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
