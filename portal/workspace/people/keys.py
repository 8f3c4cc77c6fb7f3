"""API keys: made once, shown once, kept only as a fingerprint."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, db, vault
from portal.errors import NotAllowed, NotAuthorized, NotFound

PREFIX = "mp_"
SECRET_BYTES = 32
NAME_LIMIT = 100  # characters


class KeyRow(db.Table):
    """One key: the fingerprint of its secret, and whether it still counts."""

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


def create(session: Session, name: str) -> str:
    """Make a key and return its secret, which is kept nowhere; the name is free."""
    db.alone(session)  # or two at once could take the same name
    _check_name(session, name)
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    session.add(
        KeyRow(
            id=db.new_id(),
            name=name,
            fingerprint=_fingerprint(secret),
            created_at=clock.now(),
            revoked_at=None,
        )
    )
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


def revoke(session: Session, name: str) -> None:
    """End a key; raise NotFound if there is none by that name."""
    row = _named(session, name)
    if row is None:
        raise NotFound(f"There is no API key named {name}.")
    row.revoked_at = row.revoked_at or clock.now()


def every(session: Session) -> list[Key]:
    """Return all keys, the oldest first."""
    return [_key(row) for row in session.scalars(select(KeyRow).order_by(KeyRow.id))]


def _check_name(session: Session, name: str) -> None:
    if not name.strip() or len(name) > NAME_LIMIT or not name.isprintable():
        raise NotAllowed(f"A name has 1 to {NAME_LIMIT} printable characters.")
    if _named(session, name):
        raise NotAllowed(f"There is an API key named {name} already.")


def _named(session: Session, name: str) -> KeyRow | None:
    return session.scalars(select(KeyRow).where(KeyRow.name == name)).first()


def _fingerprint(secret: str) -> bytes:
    return vault.fingerprint("api key", [secret.encode(errors="surrogatepass")])


def _key(row: KeyRow) -> Key:
    return Key(
        id=row.id, name=row.name, created_at=row.created_at, revoked_at=row.revoked_at
    )
