"""Rotation: what older keys sealed is sealed anew with the first, piece by piece.

Each step is one short transaction, so web and workers go on meanwhile; what one of
them has locked is left for the next round. A step looks for what is not sealed with the
first key, so whoever was killed goes on where they were. What a message holds is sealed
with a data key of its own, and stays: only that key is sealed anew.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, func, inspect, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal import config, db, vault
from portal.errors import CannotDecrypt, ConfigError
from portal.mail import content
from portal.mail.content import ContentRow
from portal.workspace import canary, connections
from portal.workspace.accounts import connectors, servers
from portal.workspace.accounts.connectors import ConnectorRow
from portal.workspace.accounts.servers import ServerRow
from portal.workspace.canary import CanaryRow
from portal.workspace.connections import ConnectionRow
from portal.workspace.consent import proposals, trips
from portal.workspace.consent.changes import ChangeRow
from portal.workspace.consent.trips import TripRow
from portal.workspace.incidents import channels
from portal.workspace.incidents.channels import ChannelRow
from portal.workspace.registration.credentials import CredentialRow
from portal.workspace.tokens import application
from portal.workspace.tokens.application import ApplicationTokenRow

BATCH = 200  # rows of one transaction


@dataclass(frozen=True)
class Sealed:
    """A column that the first key seals, and what its values are bound to."""

    what: str
    column: InstrumentedAttribute[Any]
    about: Callable[[Any], str]  # of a row

    @property
    def name(self) -> str:
        return f"{self.column.class_.__tablename__}.{self.column.key}"


SEALED = (
    Sealed("canary", CanaryRow.sealed, lambda _: canary.ABOUT),
    Sealed("client credentials", CredentialRow.sealed, lambda row: row.kind),
    Sealed(
        "refresh tokens",
        ConnectionRow.sealed_refresh,
        lambda row: connections.about(row, "refresh"),
    ),
    Sealed(
        "access tokens",
        ConnectionRow.sealed_access,
        lambda row: connections.about(row, "access"),
    ),
    Sealed(
        "application tokens",
        ApplicationTokenRow.sealed_access,
        lambda row: application.about(row.id),
    ),
    Sealed(
        "SMTP passwords",
        ServerRow.sealed_password,
        lambda row: servers.about(row.account_id),
    ),
    Sealed(
        "SMTP client secrets",
        ServerRow.sealed_client_secret,
        lambda row: servers.about_client(row.account_id),
    ),
    Sealed(
        "connectors",
        ConnectorRow.sealed_address,
        lambda row: connectors.about(row.id),
    ),
    Sealed(
        "addresses of channels",
        ChannelRow.sealed_address,
        lambda row: channels.about(row.id),
    ),
    Sealed(
        "secrets of channels",
        ChannelRow.sealed_secret,
        lambda row: channels.about_secret(row.id),
    ),
    Sealed("trips", TripRow.sealed, lambda row: trips.about(row.id)),
    Sealed("proposals", ChangeRow.sealed_proposal, lambda row: proposals.about(row.id)),
    Sealed(
        "keys of messages",
        ContentRow.sealed_key,
        lambda row: content.about_key(row.message_id),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Step:
    """What one step did."""

    done: int
    unreadable: int  # by any key that is here
    last: Any  # where the next step begins; None: there is no next


def begin(session: Session) -> bool:
    """Make a new first key, unless a rotation goes on already; tell whether it did.

    Keys of the environment are the operator's to make. Raises ConfigError for a key
    file that other machines may have copies of: they could not open what it seals.
    """
    path = canary.key_file(config.current())
    if path is None or len(vault.read_key_file(path)) > 1:
        return False
    if not db.local():
        raise ConfigError(
            f"Other machines may share this database. Please write a new key before the"
            f" one in {path}, on each of them, and run this again."
        )
    canary.lock(session)
    if len(vault.read_key_file(path)) > 1:
        return False
    vault.add_key(path)
    return True


def step(session: Session, sealed: Sealed, after: Any = None) -> Step:
    """Seal a batch anew, in the order of their ids, beginning behind one."""
    table = sealed.column.class_
    key = inspect(table).primary_key[0]
    batch = select(table).where(_older(sealed)).order_by(key).limit(BATCH)
    if after is not None:
        batch = batch.where(key > after)
    rows = session.scalars(batch.with_for_update(skip_locked=True)).all()
    unreadable = sum(not _seal_anew(row, sealed) for row in rows)
    last = inspect(rows[-1]).identity[0] if len(rows) == BATCH else None
    return Step(done=len(rows) - unreadable, unreadable=unreadable, last=last)


def left(session: Session) -> dict[str, int]:
    """Count what is sealed with another key than the first, by what it is."""
    found = {
        sealed.what: session.scalar(
            select(func.count()).select_from(sealed.column.class_).where(_older(sealed))
        )
        for sealed in SEALED
    }
    return {what: count for what, count in found.items() if count}


def _seal_anew(row: Any, sealed: Sealed) -> bool:
    old = getattr(row, sealed.column.key)
    try:
        setattr(row, sealed.column.key, vault.seal_anew(old, sealed.about(row)))
    except CannotDecrypt:
        return False
    return True


def _older(sealed: Sealed) -> ColumnElement[bool]:
    """Match what is there, and sealed with another key than the first."""
    head = vault.head()
    front = func.substr(sealed.column, 1, len(head), type_=LargeBinary)
    return (func.length(sealed.column) > 0) & (front != head)
