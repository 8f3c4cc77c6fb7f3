"""Who signs in: Ann, listed as admin; Bea, who is somebody else; and what they hold."""

from dataclasses import replace
from typing import Any

from portal import config, db
from portal.issuer.identity import Identity
from portal.workspace import registration
from portal.workspace.people import roles, sessions
from portal.workspace.people.sessions import Person
from tests.workspace import grants

ADDRESS = "ann@contoso.example"
ANN = Identity(
    tid=grants.WHO.tid,
    oid="0a000000-5a1d-4b0c-9c0d-0000000000a1",
    issuer=grants.WHO.issuer,
    username=ADDRESS,
    email="Ann.Admin@contoso.example",
    name="Ann Admin",
)
BEA = replace(
    ANN,
    oid="0a000000-5a1d-4b0c-9c0d-0000000000b2",
    username="bea@contoso.example",
    email="",
)


def list_admins(*addresses: str) -> None:
    """Say in the environment who is an admin."""
    config.use(replace(config.current(), admins=addresses))


def admitted(who: Identity, has_role: bool = False) -> bool:
    with db.session() as session:
        return roles.admits(session, who, has_role)


def sign_in(who: Identity = ANN, has_role: bool = False) -> str:
    """Sign somebody in without Microsoft; return the secret."""
    with db.session() as session:
        chosen = registration.current(session)
        assert chosen is not None
        roles.admits(session, who, has_role)
        return sessions.begin(session, who, chosen.origin, has_role=has_role)


def present(secret: str) -> Person | None:
    """Return who is signed in by this secret."""
    with db.reading() as session:
        return sessions.find(session, secret)


def register(**changed: Any) -> None:
    """Register an application, a sound one but for this."""
    whole = {"tenant": ANN.tid, "client_id": "an-app", "secret": "geheim~client"}
    named = {"certificate": None, **whole, **changed}
    admin = named.pop("admin", None)
    with db.session() as session:
        chosen = registration.application(**named)
        registration.register(session, chosen, admin=admin, replace=True)
