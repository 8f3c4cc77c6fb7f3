"""A connection as a test makes it, without anybody signing in."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from portal import clock, config, db
from portal.issuer.grant import Grant
from portal.issuer.identity import Identity
from portal.microsoft import issuer
from portal.microsoft.login import Registration
from portal.workspace import accounts, connections, registration
from portal.workspace.accounts import Settings
from portal.workspace.connections import Connection, ConnectionRow, Consent
from tests.microsoft.scripted import Step, reply

WHO = Identity(
    tid="c0270500-5a1d-4b0c-9c0d-000000000001",
    oid="0a000000-5a1d-4b0c-9c0d-000000000012",
    issuer="https://login.example/v2.0",
    username="reports@contoso.example",
    email="Reports@contoso.example",
    name="Contoso Reports",
)


def register(secret: str = "geheim~client") -> Registration:
    """Register an application where settings say Microsoft is."""
    chosen = registration.application(
        tenant=WHO.tid, client_id="an-app", secret=secret, certificate=None
    )
    with db.session() as session:
        registration.register(session, chosen, admin=None, replace=True)
    return chosen


def grant(
    access: str = "geheim~access",
    refresh: str | None = "geheim~refresh",
    lives: timedelta = timedelta(hours=1),
    scopes: Iterable[str] = ("Mail.Send", "openid"),
) -> Grant:
    """Make what a token endpoint would have given."""
    return Grant(
        access_token=access,
        refresh_token=refresh,
        expires_at=clock.now() + lives,
        scopes=frozenset(scopes),
    )


def keep(
    given: Grant | None = None, who: Identity = WHO, account: UUID | None = None
) -> Connection:
    """Connect an account, the default one, with whatever application is registered."""
    chosen = registration.application(
        tenant=WHO.tid, client_id="an-app", secret="geheim~client", certificate=None
    )
    consent = Consent(
        issuer=issuer.of(chosen), grant=given or grant(), identity=who, by="operator"
    )
    with db.session() as session:
        wanted = account or accounts.find(session).id
        return connections.keep(session, wanted, consent)


def send_as(sender: str) -> None:
    """Let the default account send from this address, as a consent would."""
    settings = Settings(sender=sender, large_attachments=False)
    with db.session() as session:
        accounts.apply(session, accounts.find(session).id, settings, "operator")


def row(connection_id: UUID) -> ConnectionRow:
    """Return everything that is kept of a connection."""
    with db.reading() as session:
        return session.get_one(ConnectionRow, connection_id)


def issue(access: str = "geheim~new", **more: Any) -> Step:
    """Answer as a token endpoint does."""
    answer = {"token_type": "Bearer", "access_token": access, "expires_in": 3599}
    return reply(200, json.dumps(answer | more).encode())


def refuse(error: str, number: int, status: int = 400) -> Step:
    """Refuse as a token endpoint does."""
    answer = {"error": error, "error_codes": [number], "error_description": "x"}
    return reply(status, json.dumps(answer).encode())


def redirect_to(url: str) -> None:
    """Say that Microsoft's sign-in is elsewhere."""
    config.use(replace(config.current(), login_url=url))
