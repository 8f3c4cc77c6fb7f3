"""Mail accounts: each is one configured way to send; exactly one is the default.

Some send by a user's consent, as one address; the oldest of them is the workspace's
own. One that sends by the application's own permission, or by an SMTP server, may send
as several, or as any address of a domain.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from portal import clock, db
from portal.errors import NotAllowed, NotFound
from portal.workspace.accounts.account import (
    GRAPH,
    SMTP,
    Account,
    AccountRow,
    Envelope,
    Letterhead,
    Permission,
    Way,
    WhenUnsure,
    locked,
    told,
)
from portal.workspace.accounts.connectors import Connector
from portal.workspace.accounts.fallback import (
    decide_fallback,
    falling_back,
    falls_back,
    stand_in,
)
from portal.workspace.accounts.roster import (
    DEFAULT_NAME,
    add,
    add_delegated,
    add_smtp,
    end_trial,
    make_default,
    make_first,
    make_trial,
    move,
    readdress,
    remove,
    rename,
    sweep,
    workspace,
)
from portal.workspace.accounts.servers import Server

__all__ = [
    "DEFAULT_NAME",
    "GRAPH",
    "SMTP",
    "Account",
    "AccountRow",
    "Connector",
    "Envelope",
    "Letterhead",
    "Permission",
    "Server",
    "Settings",
    "Way",
    "WhenUnsure",
    "add",
    "add_delegated",
    "add_smtp",
    "apply",
    "by_id",
    "changed_meanwhile",
    "decide_envelope",
    "decide_fallback",
    "decide_letterhead",
    "decide_unsure",
    "enable",
    "end_trial",
    "every",
    "falling_back",
    "falls_back",
    "find",
    "living",
    "lock",
    "make_default",
    "make_first",
    "make_trial",
    "move",
    "prove",
    "readdress",
    "remove",
    "rename",
    "reset",
    "several",
    "stand_in",
    "sweep",
    "workspace",
]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a consent puts in force."""

    sender: str | None
    large_attachments: bool


YOURS = "Yours were not applied; please look at what is in force and ask again."
NONE = Settings(sender=None, large_attachments=False)
NOT_REMOVED = AccountRow.removed_at.is_(None)
THERE = and_(NOT_REMOVED, AccountRow.trial.is_(False))
NO_RETURN_PATH = (
    "Microsoft Graph takes no Return-Path: what cannot be delivered is reported to the"
    " mailbox itself. It can be set for an SMTP account."
)


def prove(session: Session, account_id: UUID) -> None:
    """A mail was accepted: an account that nobody connects is proven by it."""
    account = by_id(session, account_id)
    if account.configured and account.proven_at is None:
        unproven = (AccountRow.id == account_id, AccountRow.proven_at.is_(None))
        session.execute(
            update(AccountRow).where(*unproven).values(proven_at=clock.now())
        )


def find(session: Session, name: str | None = None) -> Account:
    """Return the account of that name, else the default one; raise NotFound."""
    query = select(AccountRow)
    wanted = AccountRow.name == name if name else AccountRow.is_default
    # A trial goes by its name, which nobody else knows.
    row = session.scalars(query.where(wanted, NOT_REMOVED)).first()
    if row is None:
        named = name or DEFAULT_NAME
        raise NotFound(f"There is no account named {named}.")
    return told(row)


def living(session: Session, account_id: UUID) -> Account:
    """Return an account that is listed; raise NotFound for what was removed, too."""
    row = session.scalars(
        select(AccountRow).where(AccountRow.id == account_id, THERE)
    ).first()
    if row is None:
        raise NotFound("There is no such account.")
    return told(row)


def by_id(session: Session, account_id: UUID) -> Account:
    """Return an account, removed or not; raise NotFound."""
    row = session.get(AccountRow, account_id)
    if row is None:
        raise NotFound("There is no such account.")
    return told(row)


def several(session: Session, account_ids: Collection[UUID]) -> list[Account]:
    """Return accounts, removed or not."""
    rows = session.scalars(select(AccountRow).where(AccountRow.id.in_(account_ids)))
    return [told(row) for row in rows]


def lock(session: Session, account_id: UUID) -> Account:
    """Return an account that nobody else changes before this transaction ends."""
    return told(locked(session, account_id))


@db.once
def every(session: Session) -> list[Account]:
    """Return all accounts, the oldest first."""
    rows = session.scalars(select(AccountRow).where(THERE).order_by(AccountRow.id))
    return [told(row) for row in rows]


def apply(session: Session, account_id: UUID, settings: Settings, by: str) -> None:
    """Put settings in force, from the next message on."""
    row = locked(session, account_id)
    row.sender, row.large_attachments = settings.sender, settings.large_attachments
    row.version += 1
    row.changed_at, row.changed_by = clock.now(), by


def decide_unsure(session: Session, account_id: UUID, choice: WhenUnsure) -> None:
    """Choose what becomes of messages that cannot be confirmed, from the next on."""
    locked(session, account_id).when_unsure = choice


def decide_envelope(session: Session, account_id: UUID, choice: Envelope) -> None:
    """Choose what becomes of mail that its envelope does not fit, from the next on."""
    locked(session, account_id).envelope = choice


def enable(session: Session, account_id: UUID, *, enabled: bool) -> None:
    """Note whether an account takes mail."""
    locked(session, account_id).enabled = enabled


def decide_letterhead(
    session: Session, account_id: UUID, letterhead: Letterhead
) -> None:
    """Choose what an account puts on its mail, from the next on; raise NotAllowed."""
    row = locked(session, account_id)
    if letterhead.return_path and row.transport != SMTP:
        raise NotAllowed(NO_RETURN_PATH)
    for name, value in asdict(letterhead).items():
        setattr(row, name, value)


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
