"""An application whose credentials change."""

from datetime import UTC, datetime

from portal import db
from portal.microsoft.login import Registration
from portal.workspace import registration
from portal.workspace.registration.credentials import (
    Credential,
)
from tests.workspace import grants

APP = "an-app"
OLD, NEW = "geheim~old", "geheim~new"
MARCH = datetime(2031, 3, 1, tzinfo=UTC)


def register(
    secret: str = NEW, ends_at: datetime | None = None, client_id: str = APP
) -> None:
    chosen = registration.application(
        tenant=grants.WHO.tid, client_id=client_id, secret=secret, certificate=None
    )
    with db.session() as session:
        registration.register(
            session, chosen, admin=None, replace=True, ends_at=ends_at
        )


def proofs() -> list[Credential]:
    with db.reading() as session:
        return registration.proofs(session)


def current() -> Registration:
    with db.reading() as session:
        chosen = registration.current(session)
    assert chosen is not None
    return chosen


def order() -> list[str | None]:
    """Name the secrets in the order in which Microsoft would be asked with them."""
    first = current()
    return [each.secret for each in (first, first.other) if each]
