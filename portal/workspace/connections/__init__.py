"""Connections: each is one consent of one account, with its tokens sealed.

A connection belongs to the application, tenant and address it was made with and is used
only while those are its account's: a token never travels to another address.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from portal import clock, db, vault
from portal.errors import NotAllowed
from portal.issuer import Issuer
from portal.issuer.grant import Grant
from portal.issuer.identity import Identity
from portal.workspace import accounts
from portal.workspace.accounts import Account
from portal.workspace.connections.connection import Connection, ConnectionRow, told
from portal.workspace.connections.names import decide, rename, renamed_from

__all__ = [
    "Connection",
    "ConnectionRow",
    "Consent",
    "Kind",
    "about",
    "belongs",
    "check_connectable",
    "decide",
    "erase",
    "erase_retired",
    "every",
    "find",
    "find_for",
    "idle",
    "in_use",
    "keep",
    "prove",
    "rename",
    "retire",
    "store",
    "told",
    "try_now",
    "unseal",
]

Kind = Literal["access", "refresh"]

UNCONNECTED = (
    "The account {account} sends by application permission: no user connects it."
)
UNCONNECTED_SERVER = (
    "The account {account} sends by an SMTP server without a user's consent. For that:"
    " portal accounts set NAME --consent."
)


@dataclass(frozen=True, kw_only=True)
class Consent:
    """What one trip brought home, checked."""

    issuer: Issuer
    grant: Grant
    identity: Identity
    by: str  # who asked for it


def check_connectable(account: Account) -> None:
    """Raise NotAllowed for an account that nobody has to sign in for."""
    if not account.by_consent:
        sentence = UNCONNECTED_SERVER if account.by_smtp else UNCONNECTED
        raise NotAllowed(sentence.format(account=account.name))


def keep(session: Session, account_id: UUID, consent: Consent) -> Connection:
    """Make this the account's connection; what was in use before is retired.

    Raises NotAllowed for an account that nobody signs in for.
    """
    issuer, who = consent.issuer, consent.identity
    account = accounts.by_id(session, account_id)
    check_connectable(account)
    before = find(session, account_id)
    retire(session, account_id)
    row = ConnectionRow(
        id=db.new_id(),
        account_id=account_id,
        authority=issuer.authority,
        tenant=issuer.tenant,
        client_id=issuer.client_id,
        tid=who.tid,
        oid=who.oid,
        issuer=who.issuer,
        username=who.username,
        email=who.email,
        name=who.name,
        scopes=sorted(consent.grant.scopes),
        connected_at=clock.now(),
        connected_by=consent.by,
        trouble="",
        renamed_from=renamed_from(before, who, account.sender) if before else "",
    )
    store(row, consent.grant)
    session.add(row)
    session.flush()
    return told(row)


def retire(session: Session, account_id: UUID) -> None:
    """Use an account's connection for nothing new."""
    session.execute(
        update(ConnectionRow)
        .where(ConnectionRow.account_id == account_id, _in_use())
        .values(retired_at=clock.now())
    )


def erase_retired(session: Session, before: datetime) -> None:
    """Erase connections, tokens and all, that nothing can still be sent by."""
    session.execute(delete(ConnectionRow).where(ConnectionRow.retired_at < before))


def find(session: Session, account_id: UUID) -> Connection | None:
    """Return the connection in use; None if there is none."""
    row = in_use(session, account_id)
    return told(row) if row else None


@db.once
def every(session: Session) -> dict[UUID, Connection]:
    """Return those in use, by account."""
    rows = session.scalars(select(ConnectionRow).where(_in_use()))
    return {row.account_id: told(row) for row in rows}


def find_for(session: Session, account_id: UUID, issuer: Issuer) -> Connection | None:
    """Return the connection in use if it was made with this application."""
    row = in_use(session, account_id)
    return told(row) if row and belongs(row, issuer) else None


def erase(session: Session, account_id: UUID) -> None:
    """Retire an account's connection, and erase its lasting tokens, old ones too.

    What is on its way may finish with the short-lived one; then that is erased too.
    """
    retire(session, account_id)
    session.execute(
        update(ConnectionRow)
        .where(ConnectionRow.account_id == account_id)
        .values(sealed_refresh=b"")
    )


def prove(session: Session, connection_id: UUID) -> None:
    """A mail was accepted: this connection is proven."""
    session.execute(
        update(ConnectionRow)
        .where(ConnectionRow.id == connection_id, ConnectionRow.proven_at.is_(None))
        .values(proven_at=clock.now())
    )


def idle(session: Session, since: datetime) -> list[Connection]:
    """Return what is in use and was not renewed since then, the longest idle first."""
    rows = session.scalars(
        select(ConnectionRow)
        .where(_in_use(), ConnectionRow.renewed_at <= since)
        .order_by(ConnectionRow.renewed_at)
    )
    return [told(row) for row in rows]


def try_now(session: Session, seen: Connection) -> bool:
    """Note that it is tried now; of many who saw it the same, one is told True."""
    claimed = session.execute(
        update(ConnectionRow)
        .where(
            ConnectionRow.id == seen.id,
            _in_use(),
            ConnectionRow.renewed_at == seen.renewed_at,
            ConnectionRow.tried_at.is_not_distinct_from(seen.tried_at),
        )
        .values(tried_at=clock.now())
        .returning(ConnectionRow.id)
    )
    return claimed.first() is not None


def in_use(session: Session, account_id: UUID) -> ConnectionRow | None:
    """Return the row that an account uses now, for the two files that may touch it."""
    return session.scalars(
        select(ConnectionRow).where(ConnectionRow.account_id == account_id, _in_use())
    ).first()


def belongs(made: ConnectionRow | Connection, issuer: Issuer) -> bool:
    """Tell whether a connection was made with this application, at this address."""
    made_with = (made.authority, made.tenant, made.client_id)
    return made_with == (issuer.authority, issuer.tenant, issuer.client_id)


def store(row: ConnectionRow, issued: Grant) -> None:
    """Seal new tokens; no refresh token in an answer means: keep the old one."""
    row.sealed_access = vault.seal(issued.access_token.encode(), about(row, "access"))
    if issued.refresh_token:
        plain = issued.refresh_token.encode()
        row.sealed_refresh = vault.seal(plain, about(row, "refresh"))
    row.access_until, row.renewed_at = issued.expires_at, clock.now()


def unseal(row: ConnectionRow, kind: Kind) -> str:
    """Return a token in the clear, for the one call that spends it."""
    sealed = row.sealed_access if kind == "access" else row.sealed_refresh
    return vault.unseal(sealed, about(row, kind)).decode()


def _in_use() -> ColumnElement[bool]:
    return ConnectionRow.retired_at.is_(None)


def about(row: ConnectionRow, kind: Kind) -> str:
    return f"{kind} token {row.id}"
