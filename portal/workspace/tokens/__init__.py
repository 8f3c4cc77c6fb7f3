"""Tokens to spend: given to transports, renewed by one at a time.

An account spends those of its connection, or the application's own.

Renewing is a lease in the connection's row, not a lock over the call, because the call
may be slow. This file opens short sessions of its own: the call lies between them.
"""

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, or_, update
from sqlalchemy.orm import Session

from portal import clock, db, net
from portal.errors import IssuerError, NotConnected
from portal.explanations.graph import SPREADING
from portal.explanations.own import OTHER_APPLICATION
from portal.issuer import Issuer
from portal.issuer.grant import FRESH, Grant, young
from portal.issuer.identity import Identity
from portal.issuer.refusals import LoginRefused, ReconnectNeeded
from portal.workspace import accounts, audit, connections
from portal.workspace.accounts import Account
from portal.workspace.connections import Connection, ConnectionRow
from portal.workspace.consent import scopes
from portal.workspace.registration import issuers
from portal.workspace.tokens import application, granted
from portal.workspace.tokens.token import Token

__all__ = ["FRESH", "Token", "current", "idle", "renew", "spoil"]

EARLY = timedelta(minutes=5)  # renewed so long before it ends
RENEWAL_LEASE = timedelta(seconds=net.LONGEST_SECONDS + 25)
LAG_WAIT = timedelta(seconds=15)
RENAMED = "renamed the mailbox, From stays"
WAIT_SECONDS = 0.2
WAITS = 500  # a little longer than one lease

log = logging.getLogger(__name__)


def spoil(token: Token, age: timedelta = timedelta()) -> bool:
    """This access token was refused: renew before the next use.

    One that is not of this age yet stays; then the answer is False.
    """
    if token.connection is None:
        return application.spoil(token.access, age=age)
    with db.session() as session:
        row = session.get(ConnectionRow, token.connection.id, with_for_update=True)
        if row is None or connections.unseal(row, "access") != token.access:
            return True
        if clock.now() - row.renewed_at < age:
            return False
        row.access_until = clock.now()
        return True


def current(account_id: UUID) -> Token:
    """Return a token that still lives, renewed if need be.

    Opens short sessions of its own, because a network call lies between. Raises
    NotConnected when a human must sign in (again), IssuerError when our
    credential is refused, or nobody can be reached.
    """
    account = _account(account_id)
    if account.by_application:
        new = not (account.proven_at or account.trial)
        set_up_at = account.changed_at if new else None
        return Token(access=application.current(), connection=None, set_up_at=set_up_at)
    for _ in range(WAITS):
        token = _living(account_id) or _begin(account_id)
        if isinstance(token, _Renewal):
            token = _ask(token)
        elif token is None:
            time.sleep(WAIT_SECONDS)  # another process is renewing it
        if token is not None:
            return token
    raise IssuerError("Renewing the sign-in takes too long.", passing=True)


def renew(seen: Connection) -> Token | None:
    """Renew a connection if nobody has since it was seen; None if somebody has.

    However long its token still lives; and who is at it already is not waited for.
    Opens sessions, and raises, as `current` does.
    """
    with db.session() as session:
        row, issuer = _usable(session, seen.account_id)
        as_seen = and_(
            ConnectionRow.id == seen.id, ConnectionRow.renewed_at == seen.renewed_at
        )
        renewal = _lease(session, row, issuer, as_seen)
    return _ask(renewal) if renewal else None


def idle(session: Session, since: datetime) -> list[Connection]:
    """Return what can be renewed and was not since then, the longest idle first."""
    return [each for each in connections.idle(session, since) if _ours(session, each)]


@dataclass(frozen=True, kw_only=True)
class _Renewal:
    """Ours to renew, for the time of a lease."""

    id: UUID
    issuer: Issuer
    connection: Connection
    least: frozenset[str]  # that must be granted for its mail to leave
    refresh: str = field(repr=False)


def _ours(session: Session, connection: Connection) -> bool:
    issuer = issuers.of(session, connection.account_id)
    return issuer is not None and connections.belongs(connection, issuer)


def _account(account_id: UUID) -> Account:
    with db.reading() as session:
        return accounts.by_id(session, account_id)


def _living(account_id: UUID) -> Token | None:
    with db.reading() as session:
        row, _ = _usable(session, account_id)
        return _token(row) if row.access_until - EARLY > clock.now() else None


def _begin(account_id: UUID) -> Token | _Renewal | None:
    """Take the lease; else use the old token while it lives, else wait (None)."""
    with db.session() as session:
        row, issuer = _usable(session, account_id)
        ending = ConnectionRow.access_until <= clock.now() + EARLY
        if renewal := _lease(session, row, issuer, ending):
            return renewal
        session.refresh(row)
        lives = row.retired_at is None and row.access_until > clock.now()
        return _token(row) if lives else None


def _usable(session: Session, account_id: UUID) -> tuple[ConnectionRow, Issuer]:
    issuer = issuers.of(session, account_id)
    row = connections.in_use(session, account_id)
    if row is None or issuer is None:
        raise NotConnected
    if not connections.belongs(row, issuer):
        raise OTHER_APPLICATION.as_a(NotConnected)
    return row, issuer


def _lease(
    session: Session,
    row: ConnectionRow,
    issuer: Issuer,
    due: ColumnElement[bool],
) -> _Renewal | None:
    """Take the lease if it is due, unless somebody has it, or it was just Reset."""
    now, ours = clock.now(), uuid4()
    taken = session.execute(
        update(ConnectionRow)
        .where(
            ConnectionRow.id == row.id,
            ConnectionRow.retired_at.is_(None),
            due,
            or_(ConnectionRow.renewal.is_(None), ConnectionRow.renewal_until <= now),
        )
        .values(renewal=ours, renewal_until=now + RENEWAL_LEASE)
        .returning(ConnectionRow.id)
        .execution_options(synchronize_session=False)
    )
    if taken.first() is None:
        return None
    session.refresh(row)  # others may have changed its tokens since it was read
    connection = connections.told(row)
    return _Renewal(
        id=ours,
        issuer=issuer,
        connection=connection,
        least=granted.least(session, connection) | connection.asked & scopes.IDENTITY,
        refresh=connections.unseal(row, "refresh"),
    )


def _ask(renewal: _Renewal) -> Token | None:
    """Have it renewed; None if what was refused others have replaced by now."""
    connection = renewal.connection
    try:
        issued = _issued(renewal)
    except IssuerError as error:
        if _lags(connection, error):
            _give_up(renewal)
            lag = IssuerError(
                str(error), answer=error.answer, passing=True, after=LAG_WAIT
            )
            raise lag.because(error.cause) from error
        if not isinstance(error, ReconnectNeeded):
            _give_up(renewal)
            raise
        if not _give_up(renewal, error):
            return None
        over = NotConnected(str(error), answer=error.answer)
        raise over.because(error.cause) from error
    return _keep(renewal, issued, _named(renewal, issued))


def _issued(renewal: _Renewal) -> Grant:
    """Renew all that was consented to, else what mail cannot do without.

    Whether a withdrawn permission is left out of an answer, or has all of it refused,
    is not documented, so both is right.
    """
    whole, least = renewal.connection.asked, renewal.least
    try:
        return renewal.issuer.renew(renewal.refresh, whole)
    except ReconnectNeeded as error:
        young_yet = _lags(renewal.connection, error)
        if young_yet or not error.unapproved or least >= whole:
            raise
    return renewal.issuer.renew(renewal.refresh, least)


def _lags(connection: Connection, error: IssuerError) -> bool:
    lagging = isinstance(error, LoginRefused) and error.lagging
    return lagging and young(connection.connected_at)


def _give_up(renewal: _Renewal, trouble: ReconnectNeeded | None = None) -> bool:
    """End a renewal in vain; tell whether the spent token is still the one there is.

    Only then it is in trouble: what others stored or found meanwhile is newer.
    """
    with db.session() as session:
        row = _give_back(session, renewal)
        if row is not None and trouble:
            row.meet(trouble)
        return row is not None


def _named(renewal: _Renewal, issued: Grant) -> Identity | None:
    """Tell who the issuer says it is by now; None if it does not say, or not well.

    Nothing depends on it but a name, so nothing fails for the lack of it.
    """
    if issued.id_token is None:
        return None
    try:
        return renewal.issuer.identify(issued.id_token, None)
    except IssuerError as error:
        log.info("Account %s: %s", renewal.connection.account_id, error)
        return None


def _keep(renewal: _Renewal, issued: Grant, who: Identity | None) -> Token:
    """Store what was issued, unless others have stored something meanwhile.

    Raises NotConnected if nothing can be sent by it; of a young consent it passes.
    """
    issuer, before = renewal.issuer.name, renewal.connection
    connection, over = before, None
    with db.session() as session:
        if row := _give_back(session, renewal):
            connections.store(row, issued)
            sender = accounts.by_id(session, row.account_id).sender
            if who and connections.rename(row, who, sender):
                audit.note(session, issuer, RENAMED, who.called)
            over = granted.note(session, row, issuer, issued.scopes)
            row.meet(None if young(before.connected_at) else over)
            connection = connections.told(row)
            granted.resume(session, connection, issuer)
    if over:
        spreads = SPREADING.filled(issuer=issuer)
        lag = spreads.as_a(IssuerError, passing=True, after=LAG_WAIT)
        raise lag if young(before.connected_at) else over
    return Token(
        access=issued.access_token, connection=connection, granted=issued.scopes
    )


def _give_back(session: Session, renewal: _Renewal) -> ConnectionRow | None:
    """End the lease; return the row if since it began nobody else has changed it."""
    row = session.get(ConnectionRow, renewal.connection.id, with_for_update=True)
    if row is None or row.renewal != renewal.id:
        return None  # we took longer than the lease, and it is another's
    row.renewal = None
    # What was Reset meanwhile stays erased.
    if row.retired_at is not None:
        return None
    return row if connections.unseal(row, "refresh") == renewal.refresh else None


def _token(row: ConnectionRow) -> Token:
    return Token(
        access=connections.unseal(row, "access"), connection=connections.told(row)
    )
