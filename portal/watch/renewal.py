"""The daily renewal: a sign-in that nobody spends would end without a word.

An issuer forgets a refresh token in time, and may end it at any moment. So each
connection is renewed at least once a day; and when that fails for good, its account is
held before the next mail is even written. A connection in trouble is tried as often,
for its issuer may take it again: then the trouble is over, and the account released.
"""

import logging
import threading
from contextlib import suppress
from datetime import timedelta

from portal import clock, db
from portal.db import Session
from portal.errors import IssuerError, NotConnected
from portal.mail import journal, lanes
from portal.mail.journal import Event, Line
from portal.mail.lanes import Hold
from portal.mail.outbox import overdue
from portal.workspace import connections, in_force, tokens
from portal.workspace.connections import Connection
from portal.workspace.registration import issuers
from portal.workspace.tokens import Token

IDLE = timedelta(hours=23)  # with the longest rest of a round: once a day at least
AGAIN = timedelta(hours=1)  # after what may pass, or what the operator mends
RELEASED = "{issuer} accepts the sign-in again; what waits follows."

log = logging.getLogger(__name__)


def renew_all(stopping: threading.Event) -> None:
    """Renew whatever is due, one connection after another."""
    for connection in due():
        if not stopping.is_set():
            renew(connection)


def due() -> list[Connection]:
    """Return the connections whose turn it is, the longest idle first."""
    with db.reading() as session:
        idle = tokens.idle(session, clock.now() - IDLE)
    return [each for each in idle if _rested(each)]


def _rested(connection: Connection) -> bool:
    wait = IDLE if connection.trouble else AGAIN
    tried = connection.tried_at
    return tried is None or tried <= clock.now() - wait


def renew(seen: Connection) -> None:
    """Renew a connection unless somebody else does, and write down what follows."""
    with db.session() as session:
        if not connections.try_now(session, seen):
            return
    with suppress(NotConnected, IssuerError):
        attempt(seen)


def attempt(seen: Connection) -> Token | None:
    """Renew a connection now, and write down what follows; None if somebody else has.

    Opens sessions, and raises, as `tokens.current` does.
    """
    log.info("Account %s: renewing the sign-in.", seen.account_id)
    try:
        renewed = tokens.renew(seen)
    except (NotConnected, IssuerError) as error:
        _failed(seen, error)
        raise
    if renewed:
        _works(seen)
    return renewed


def _failed(seen: Connection, error: NotConnected | IssuerError) -> None:
    log.warning("Account %s: not renewed. %s", seen.account_id, error)
    if isinstance(error, IssuerError) and error.passing:
        return
    with db.session() as session:
        # Locked first: who connects it anew, and releases it, comes before or after.
        lanes.lock(session, seen.account_id)
        found = connections.find(session, seen.account_id)
        if found is None or found.id != seen.id or _renewed_since(found, seen):
            return
        if lanes.hold(
            session, seen.account_id, Hold(reason=str(error), cause=error.cause)
        ):
            _tell(session, seen, error)


def _renewed_since(found: Connection, seen: Connection) -> bool:
    """Tell whether others have, and well; what brings too little is trouble too."""
    return found.renewed_at != seen.renewed_at and not found.trouble


def _works(seen: Connection) -> None:
    """Release what this trouble held; what may be held by another is let try again."""
    log.info("Account %s: the sign-in is renewed.", seen.account_id)
    with db.session() as session:
        lanes.lock(session, seen.account_id)
        found = connections.find(session, seen.account_id)
        hold = lanes.holding(session, seen.account_id)
        if hold is None or found is None or found.id != seen.id or found.trouble:
            return
        if not seen.trouble or hold.reason != seen.trouble:
            lanes.probe(session, seen.account_id)
        else:
            snapshot = in_force.take(session, seen.account_id)
            reason = RELEASED.format(issuer=issuers.named(session, seen.account_id))
            overdue.release(session, seen.account_id, reason, snapshot)


def _tell(
    session: Session, seen: Connection, error: NotConnected | IssuerError
) -> None:
    line = Line(
        event=Event.ACCOUNT_HELD,
        account_id=seen.account_id,
        reason=str(error),
        cause=error.cause,
        answer=error.answer,
        snapshot=in_force.take(session, seen.account_id),
    )
    journal.write(session, line)
