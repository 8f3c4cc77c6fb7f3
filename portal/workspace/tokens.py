"""Tokens to spend: given to transports, renewed by one at a time.

Renewing is a lease in the connection's row, not a lock over the call, because the call
may be slow. This file opens short sessions of its own: the call lies between them.
"""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from portal import clock, db, net
from portal.errors import MicrosoftError, NotConnected
from portal.microsoft import login
from portal.microsoft.login import Registration
from portal.microsoft.refusals import LoginRefused, ReconnectNeeded
from portal.workspace import connections, registration
from portal.workspace.connections import Connection, ConnectionRow

EARLY = timedelta(minutes=5)  # renewed so long before it ends
RENEWAL_LEASE = timedelta(seconds=net.LONGEST_SECONDS + 25)
FRESH = timedelta(minutes=10)  # a consent so young may not be seen everywhere
LAG_WAIT = timedelta(seconds=15)
WAIT_SECONDS = 0.2
WAITS = 500  # a little longer than one lease


@dataclass(frozen=True, kw_only=True)
class Token:
    """An access token to spend now, and the connection that it belongs to."""

    access: str = field(repr=False)
    connection: Connection


def spoil(token: Token) -> None:
    """Microsoft refused this access token: renew before the next use."""
    with db.session() as session:
        row = session.get_one(ConnectionRow, token.connection.id, with_for_update=True)
        if connections.unseal(row, "access") == token.access:
            row.access_until = clock.now()


def current(account_id: UUID) -> Token:
    """Return a token that still lives, renewed if need be.

    Opens short sessions of its own, because a network call lies between. Raises
    NotConnected when a human must sign in (again), MicrosoftError when Microsoft
    refuses our credential or cannot be reached.
    """
    for _ in range(WAITS):
        if token := _living(account_id) or _begin(account_id):
            return _renew(token) if isinstance(token, _Renewal) else token
        time.sleep(WAIT_SECONDS)  # another process is renewing it
    raise MicrosoftError("Renewing the sign-in takes too long.", passing=True)


@dataclass(frozen=True, kw_only=True)
class _Renewal:
    """Ours to renew, for the time of a lease."""

    id: UUID
    registration: Registration
    connection: Connection
    refresh: str = field(repr=False)


def _living(account_id: UUID) -> Token | None:
    with db.reading() as session:
        row, _ = _usable(session, account_id)
        return _token(row) if row.access_until - EARLY > clock.now() else None


def _begin(account_id: UUID) -> Token | _Renewal | None:
    """Take the lease; else use the old token while it lives, else wait (None)."""
    with db.session() as session:
        row, chosen = _usable(session, account_id)
        if ours := _lease(session, row):
            return _Renewal(
                id=ours,
                registration=chosen,
                connection=connections.told(row),
                refresh=connections.unseal(row, "refresh"),
            )
        session.refresh(row)
        return _token(row) if row.access_until > clock.now() else None


def _usable(session: Session, account_id: UUID) -> tuple[ConnectionRow, Registration]:
    chosen = registration.current(session)
    row = connections.in_use(session, account_id)
    if row is None or chosen is None:
        raise NotConnected
    if not connections.belongs(row, chosen):
        raise NotConnected(
            "The registered application has changed since this account was connected."
            " Please connect it again."
        )
    return row, chosen


def _lease(session: Session, row: ConnectionRow) -> UUID | None:
    """Take the lease, unless somebody has it, or has just renewed."""
    now = clock.now()
    renewal = uuid4()
    taken = session.execute(
        update(ConnectionRow)
        .where(
            ConnectionRow.id == row.id,
            ConnectionRow.access_until <= now + EARLY,
            or_(ConnectionRow.renewal.is_(None), ConnectionRow.renewal_until <= now),
        )
        .values(renewal=renewal, renewal_until=now + RENEWAL_LEASE)
        .returning(ConnectionRow.id)
    )
    return renewal if taken.first() else None


def _renew(renewal: _Renewal) -> Token:
    connection = renewal.connection
    try:
        issued = login.renew(renewal.registration, renewal.refresh, connection.scopes)
    except MicrosoftError as error:
        lags = _lags(connection, error)
        ended = isinstance(error, ReconnectNeeded) and not lags
        _give_up(renewal, str(error) if ended else connection.trouble)
        if ended:
            raise NotConnected(str(error)) from error
        if lags:
            raise MicrosoftError(
                str(error), code=error.code, passing=True, after=LAG_WAIT
            ) from error
        raise
    with db.session() as session:
        row = session.get_one(ConnectionRow, connection.id, with_for_update=True)
        # What was Reset meanwhile stays erased.
        if row.renewal == renewal.id and row.retired_at is None:
            connections.store(row, issued)
            row.renewal, row.trouble = None, ""
        return Token(access=issued.access_token, connection=connections.told(row))


def _lags(connection: Connection, error: MicrosoftError) -> bool:
    young = clock.now() - connection.connected_at < FRESH
    return young and isinstance(error, LoginRefused) and error.lagging


def _give_up(renewal: _Renewal, trouble: str) -> None:
    with db.session() as session:
        session.execute(
            update(ConnectionRow)
            .where(ConnectionRow.renewal == renewal.id)
            .values(renewal=None, trouble=trouble)
        )


def _token(row: ConnectionRow) -> Token:
    return Token(
        access=connections.unseal(row, "access"), connection=connections.told(row)
    )
