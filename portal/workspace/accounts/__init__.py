"""Mail accounts: each is one configured way to send; exactly one is the default.

Most send by a user's consent, as one address. One that sends by the application's own
permission may send as several, or as any address of a domain.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import clock, config, db
from portal.errors import NotAllowed, NotFound
from portal.mail import lanes
from portal.workspace import senders
from portal.workspace.accounts.account import (
    Account,
    AccountRow,
    Envelope,
    Permission,
    WhenUnsure,
    told,
)

__all__ = [
    "Account",
    "AccountRow",
    "Envelope",
    "Permission",
    "Settings",
    "WhenUnsure",
    "add",
    "apply",
    "by_id",
    "changed_meanwhile",
    "decide_envelope",
    "decide_unsure",
    "every",
    "find",
    "found",
    "lock",
    "prove",
    "reset",
]

DEFAULT_NAME = "default"
GRAPH = "graph"
NAME_LIMIT = 100  # characters


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a consent puts in force."""

    sender: str | None
    large_attachments: bool


YOURS = "Yours were not applied; please look at what is in force and ask again."
NONE = Settings(sender=None, large_attachments=False)


def found(session: Session) -> None:
    """Make the default account of a new database."""
    if session.scalars(select(AccountRow.id).limit(1)).first() is None:
        session.add(
            AccountRow(
                id=db.new_id(),
                name=DEFAULT_NAME,
                transport=GRAPH,
                sender=None,
                is_default=True,
                enabled=True,
                large_attachments=False,
                version=1,
                changed_by="",
                created_at=clock.now(),
            )
        )


def add(
    session: Session, name: str, given: Sequence[str], *, large: bool, by: str
) -> Account:
    """Add an account that sends by application permission, as what `senders` reads.

    The first address is what it sends as when a message names no From. Raises
    NotAllowed if the name is taken, or none.
    """
    db.alone(session)  # or two at once could take the same name
    _check_name(session, name)
    row = AccountRow(
        id=db.new_id(),
        name=name,
        transport=GRAPH,
        sender=senders.first(given),
        is_default=False,
        enabled=True,
        large_attachments=large,
        version=1,
        changed_at=clock.now(),
        changed_by=by,
        created_at=clock.now(),
        permission=Permission.APPLICATION,
        senders=list(given),
    )
    session.add(row)
    session.flush()
    account = told(row)
    in_flight = config.current().requests_in_flight
    lanes.route(session, account.id, account.lane_key, in_flight)
    return account


def _check_name(session: Session, name: str) -> None:
    if not name.strip() or len(name) > NAME_LIMIT or not name.isprintable():
        raise NotAllowed(f"A name has 1 to {NAME_LIMIT} printable characters.")
    if session.scalars(select(AccountRow.id).where(AccountRow.name == name)).first():
        raise NotAllowed(f"There is an account named {name} already.")


def prove(session: Session, account_id: UUID) -> None:
    """A mail was accepted: an account that sends by application is proven by it."""
    by_application = AccountRow.permission == Permission.APPLICATION
    session.execute(
        update(AccountRow)
        .where(
            AccountRow.id == account_id, by_application, AccountRow.proven_at.is_(None)
        )
        .values(proven_at=clock.now())
    )


def find(session: Session, name: str | None = None) -> Account:
    """Return the account of that name, else the default one; raise NotFound."""
    query = select(AccountRow)
    wanted = AccountRow.name == name if name else AccountRow.is_default
    row = session.scalars(query.where(wanted)).first()
    if row is None:
        named = name or DEFAULT_NAME
        raise NotFound(f"There is no account named {named}.")
    return told(row)


def by_id(session: Session, account_id: UUID) -> Account:
    """Return an account; raise NotFound."""
    row = session.get(AccountRow, account_id)
    if row is None:
        raise NotFound("There is no such account.")
    return told(row)


def lock(session: Session, account_id: UUID) -> Account:
    """Return an account that nobody else changes before this transaction ends."""
    return told(session.get_one(AccountRow, account_id, with_for_update=True))


def every(session: Session) -> list[Account]:
    """Return all accounts, the oldest first."""
    rows = session.scalars(select(AccountRow).order_by(AccountRow.id))
    return [told(row) for row in rows]


def apply(session: Session, account_id: UUID, settings: Settings, by: str) -> None:
    """Put settings in force, from the next message on."""
    row = session.get_one(AccountRow, account_id, with_for_update=True)
    row.sender, row.large_attachments = settings.sender, settings.large_attachments
    row.version += 1
    row.changed_at, row.changed_by = clock.now(), by


def decide_unsure(session: Session, account_id: UUID, choice: WhenUnsure) -> None:
    """Choose what becomes of messages that cannot be confirmed, from the next on."""
    session.get_one(AccountRow, account_id, with_for_update=True).when_unsure = choice


def decide_envelope(session: Session, account_id: UUID, choice: Envelope) -> None:
    """Choose what becomes of mail that its envelope does not fit, from the next on."""
    session.get_one(AccountRow, account_id, with_for_update=True).envelope = choice


def changed_meanwhile(account: Account) -> str:
    """Say who changed an account while somebody else wanted to."""
    return f"{_last_change(account)} {YOURS}"


def _last_change(account: Account) -> str:
    """Say who changed an account last, and what has been in force since."""
    who, sender = account.changed_by or "Somebody", account.sender
    at = f"{account.changed_at or clock.now():%H:%M} UTC"
    if sender is None:
        return f"{who} pressed Reset at {at}."
    return f"{who} changed these settings at {at}: mail leaves from {sender} now."


def reset(session: Session, account_id: UUID, by: str) -> None:
    """Take all settings back, and end the links that were given out."""
    apply(session, account_id, NONE, by)
    session.get_one(AccountRow, account_id).reset_at = clock.now()
