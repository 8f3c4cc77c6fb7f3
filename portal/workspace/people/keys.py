"""API keys: made once, shown once, kept only as a fingerprint; and what each may do."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, db, vault
from portal.errors import NotAllowed, NotAuthorized, NotFound
from portal.workspace import naming
from portal.workspace.people.limits import NONE, Limits

PREFIX = "mp_"
SECRET_BYTES = 32
# So often it is noted that a key is used, and looked whether it still lives while one
# message comes in: a write, or a lock, for each of them would cost more than it tells.
NOTED = timedelta(minutes=1)


class KeyRow(db.Table):
    """One key: the fingerprint of its secret, whether it still counts, its limits."""

    __tablename__ = "api_key"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    fingerprint: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    accounts: Mapped[list[str]] = mapped_column(server_default="[]", default=list)
    senders: Mapped[list[str]] = mapped_column(server_default="[]", default=list)
    per_minute: Mapped[int | None]
    max_size: Mapped[int | None] = mapped_column(BigInteger)
    full_at: Mapped[datetime | None]  # when all of a minute's messages are free again
    used_at: Mapped[datetime | None]  # to about a minute


@dataclass(frozen=True, kw_only=True)
class Key:
    """What can be told of a key."""

    id: UUID
    name: str
    created_at: datetime
    revoked_at: datetime | None
    limits: Limits = NONE
    full_at: datetime | None = None  # when all messages of a minute are free again
    used_at: datetime | None = None


def create(session: Session, name: str, limits: Limits = NONE) -> str:
    """Make a key and return its secret, which is kept nowhere.

    Raises NotAllowed if the name is taken, or none.
    """
    db.alone(session)  # or two at once could take the same name
    _check_name(session, name)
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    row = KeyRow(
        id=db.new_id(),
        name=name,
        fingerprint=_fingerprint(secret),
        created_at=clock.now(),
        revoked_at=None,
    )
    _limit(row, limits)
    session.add(row)
    return secret


def check(session: Session, secret: str) -> Key:
    """Return the key behind a secret; raise NotAuthorized if none lives."""
    fingerprint = _fingerprint(secret)
    row = session.scalars(
        select(KeyRow).where(
            KeyRow.fingerprint == fingerprint, KeyRow.revoked_at.is_(None)
        )
    ).first()
    if row is None:
        raise NotAuthorized
    return _key(row)


def living(session: Session, key_id: UUID) -> Key:
    """Return a key as it is now; raise NotAuthorized if it was revoked."""
    return _key(_living(session.get(KeyRow, key_id)))


def use(session: Session, key: Key) -> None:
    """Count a message that is being accepted, in the transaction that accepts it.

    `key` is what was known when the message came. Raises TooManyMessages, and
    NotAuthorized if it was revoked meanwhile.
    """
    now = clock.now()
    if key.limits.per_minute is None and _lately(key.used_at, now):
        return
    row = _living(session.get(KeyRow, key.id, with_for_update=True))
    row.full_at = _limits(row).spend(row.full_at, now)
    if not _lately(row.used_at, now):
        row.used_at = now


def named(session: Session, name: str) -> Key:
    """Return a key that nobody else changes before this transaction ends.

    Raises NotFound, or NotAllowed if it was revoked.
    """
    row = _found(session, name)
    if row.revoked_at:
        raise NotAllowed(f"The API key {name} was revoked.")
    return _key(row)


def by_id(session: Session, key_id: UUID) -> Key:
    """Return a key, revoked or not; raise NotFound."""
    row = session.get(KeyRow, key_id)
    if row is None:
        raise NotFound("There is no such API key.")
    return _key(row)


def limit(session: Session, name: str, limits: Limits) -> None:
    """Let a key do this and no more from now on; raise NotFound."""
    _limit(_found(session, name), limits)


def revoke(session: Session, name: str) -> None:
    """End a key; raise NotFound if there is none by that name."""
    row = _found(session, name)
    row.revoked_at = row.revoked_at or clock.now()


def every(session: Session) -> list[Key]:
    """Return all keys, the oldest first."""
    return [_key(row) for row in session.scalars(select(KeyRow).order_by(KeyRow.id))]


def _check_name(session: Session, name: str) -> None:
    naming.check(name)
    if _named(session, name):
        raise NotAllowed(f"There is an API key named {name} already.")


def _named(session: Session, name: str) -> KeyRow | None:
    return session.scalars(select(KeyRow).where(KeyRow.name == name)).first()


def _found(session: Session, name: str) -> KeyRow:
    wanted = select(KeyRow).where(KeyRow.name == name).with_for_update()
    row = session.scalars(wanted).first()
    if row is None:
        raise NotFound(f"There is no API key named {name}.")
    return row


def _living(row: KeyRow | None) -> KeyRow:
    if row is None or row.revoked_at:
        raise NotAuthorized
    return row


def _lately(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and abs(now - moment) < NOTED


def _fingerprint(secret: str) -> bytes:
    return vault.fingerprint_of("api key", secret)


def _limit(row: KeyRow, limits: Limits) -> None:
    row.accounts = [str(each) for each in limits.accounts]
    row.senders = list(limits.senders)
    row.per_minute, row.max_size = limits.per_minute, limits.max_size


def _limits(row: KeyRow) -> Limits:
    return Limits(
        accounts=tuple(map(UUID, row.accounts)),
        senders=tuple(row.senders),
        per_minute=row.per_minute,
        max_size=row.max_size,
    )


def _key(row: KeyRow) -> Key:
    return Key(
        id=row.id,
        name=row.name,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
        limits=_limits(row),
        full_at=row.full_at,
        used_at=row.used_at,
    )
