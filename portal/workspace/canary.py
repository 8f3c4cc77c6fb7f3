"""The canary: proves that the keys of this process fit this database.

A key is made only for a database that has no canary yet. Without a fitting key the
vault stays locked: pages show "Can't decrypt", doors take nothing, the worker claims
nothing, and nothing is overwritten.
"""

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import db, vault
from portal.config import Config
from portal.errors import CannotDecrypt

ABOUT = "canary"
ONLY = 1


class CanaryRow(db.Table):
    """One row: the fingerprint key, sealed; whoever opens it holds the right key."""

    __tablename__ = "canary"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[bytes]


def unlock(session: Session, settings: Config) -> bool:
    """Open the vault with the keys of the settings; return whether they fit."""
    vault.lock()
    row = session.scalars(select(CanaryRow).with_for_update()).first()
    ring = vault.Ring(_keys(settings, make=row is None))
    if row is None:
        row = CanaryRow(id=ONLY, sealed=ring.seal(vault.new_data_key(), ABOUT))
        session.add(row)
        session.flush()
    try:
        vault.unlock(ring, ring.unseal(row.sealed, ABOUT), key_file(settings))
    except CannotDecrypt:
        return False
    return True


def key_file(settings: Config) -> Path | None:
    """Return where the keys are kept; None if the environment names them."""
    return None if settings.keys else vault.key_file(settings.instance)


def lock(session: Session) -> None:
    """Let nobody else change which key is the first until this session ends."""
    session.scalars(select(CanaryRow).with_for_update()).one()


def _keys(settings: Config, *, make: bool) -> list[bytes]:
    path = key_file(settings)
    if path is None:
        return vault.read_keys(settings.keys, "PORTAL_KEYS")
    keys = vault.read_key_file(path)
    return vault.make_key_file(path) if make and not keys else keys
