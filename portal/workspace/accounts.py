"""Mail accounts: each is one configured way to send; exactly one is the default."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, db
from portal.errors import NotFound

DEFAULT_NAME = "default"
GRAPH = "graph"


class WhenUnsure(StrEnum):
    """What becomes of a message that cannot be confirmed."""

    ASK = "ask"  # a human decides: at most once
    RESEND = "resend"  # it goes again by itself: at least once


class Envelope(StrEnum):
    """What becomes of a mail that names others in its header than in its envelope."""

    REWRITE = "rewrite"  # its header is changed: the envelope decides
    REFUSE = "refuse"


class AccountRow(db.Table):
    """One account; its connection lies in `connection`."""

    __tablename__ = "account"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    transport: Mapped[str]
    sender: Mapped[str | None]  # the From address; None: not decided yet
    is_default: Mapped[bool]
    enabled: Mapped[bool]
    large_attachments: Mapped[bool]
    version: Mapped[int]  # counts every change of these settings
    changed_at: Mapped[datetime | None]
    changed_by: Mapped[str]
    reset_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    when_unsure: Mapped[str] = mapped_column(server_default="ask", default="ask")
    envelope: Mapped[str] = mapped_column(server_default="rewrite", default="rewrite")


@dataclass(frozen=True, kw_only=True)
class Account:
    """What can be told of an account."""

    id: UUID
    name: str
    transport: str
    sender: str | None
    is_default: bool
    enabled: bool
    large_attachments: bool
    version: int
    changed_at: datetime | None
    changed_by: str
    reset_at: datetime | None
    when_unsure: WhenUnsure
    envelope: Envelope = Envelope.REWRITE


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


def find(session: Session, name: str | None = None) -> Account:
    """Return the account of that name, else the default one; raise NotFound."""
    query = select(AccountRow)
    wanted = AccountRow.name == name if name else AccountRow.is_default
    row = session.scalars(query.where(wanted)).first()
    if row is None:
        named = name or DEFAULT_NAME
        raise NotFound(f"There is no account named {named}.")
    return _account(row)


def by_id(session: Session, account_id: UUID) -> Account:
    """Return an account; raise NotFound."""
    row = session.get(AccountRow, account_id)
    if row is None:
        raise NotFound("There is no such account.")
    return _account(row)


def lock(session: Session, account_id: UUID) -> Account:
    """Return an account that nobody else changes before this transaction ends."""
    return _account(session.get_one(AccountRow, account_id, with_for_update=True))


def every(session: Session) -> list[Account]:
    """Return all accounts, the oldest first."""
    rows = session.scalars(select(AccountRow).order_by(AccountRow.id))
    return [_account(row) for row in rows]


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


def _account(row: AccountRow) -> Account:
    return Account(
        id=row.id,
        name=row.name,
        transport=row.transport,
        sender=row.sender,
        is_default=row.is_default,
        enabled=row.enabled,
        large_attachments=row.large_attachments,
        version=row.version,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
        reset_at=row.reset_at,
        when_unsure=WhenUnsure(row.when_unsure),
        envelope=Envelope(row.envelope),
    )
