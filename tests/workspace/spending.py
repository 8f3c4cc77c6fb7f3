"""How these tests connect, spend and look at what is kept; and what others do to it."""

from collections.abc import Callable
from datetime import timedelta
from socket import socket
from uuid import UUID, uuid4

from portal import clock, db
from portal.workspace import connections, tokens
from portal.workspace.connections import ConnectionRow
from tests.mail import backlog
from tests.microsoft.scripted import Step
from tests.workspace import grants

OVER = timedelta(seconds=-1)
SOON = timedelta(minutes=4)


def connect(lives: timedelta = OVER) -> UUID:
    """Connect with an access token that lives so long; return the connection's id."""
    return grants.keep(grants.grant(lives=lives)).id


def current() -> str:
    """Return an access token to spend."""
    return tokens.current(backlog.account()).access


def kept(connection_id: UUID, kind: connections.Kind) -> str:
    """Return a token that is kept, in the clear."""
    return connections.unseal(grants.row(connection_id), kind)


def lease(connection_id: UUID) -> None:
    """Begin to renew as another process would, and get no further."""
    with db.session() as session:
        row = session.get_one(ConnectionRow, connection_id)
        row.renewal, row.renewal_until = uuid4(), clock.now() + tokens.RENEWAL_LEASE


def rotate(connection_id: UUID, name: str, lives: timedelta = OVER) -> None:
    """Store other tokens, as another process would that knew of no lease."""
    issued = grants.grant(f"geheim~{name}", f"geheim~{name}", lives)
    with db.session() as session:
        connections.store(session.get_one(ConnectionRow, connection_id), issued)


def meanwhile(happen: Callable[[], object], answer: Step) -> Step:
    """Let something happen before Microsoft answers."""

    def act(peer: socket) -> None:
        happen()
        answer.act(peer)

    return Step(act, closes=False)
