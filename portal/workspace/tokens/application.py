"""The application's own tokens: one for Graph, one for Exchange's SMTP, each for all.

A request names one resource, and each has a token of its own. Nothing is lost by
fetching a second one, so there is no lease; but of the threads of a process one
fetches, and the others wait or go on with what lives. What a token holds is not looked
at: what Exchange allows an application stands in none, so it is tried.
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum

from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, config, db, vault
from portal.issuer.grant import Grant
from portal.microsoft import login
from portal.microsoft.login import Registration
from portal.workspace import registration

EARLY = timedelta(minutes=5)  # fetched so long before the old one ends


class Resource(IntEnum):
    """What a token is for; the number of its row."""

    GRAPH = 1
    EXCHANGE = 2  # SMTP


_fetching = {resource: threading.Lock() for resource in Resource}


class ApplicationTokenRow(db.Table):
    """The token for one resource, sealed, and what it was got with."""

    __tablename__ = "application_token"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    origin: Mapped[str]  # application, organization, and who vouches for them
    credential: Mapped[bytes]  # fingerprint
    sealed_access: Mapped[bytes]
    access_until: Mapped[datetime]
    fetched_at: Mapped[datetime | None]


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A token that was fetched before."""

    access: str = field(repr=False)
    until: datetime

    @property
    def fresh(self) -> bool:
        return self.until - EARLY > clock.now()

    @property
    def living(self) -> bool:
        return self.until > clock.now()


def current(resource: Resource = Resource.GRAPH) -> str:
    """Return a token that still lives, fetched if need be.

    Opens short sessions of its own, because a network call lies between. Raises
    NotConnected without an application, IssuerError when Microsoft refuses it.
    """
    fetching = _fetching[resource]
    chosen, kept = _look(resource)
    if kept and (kept.fresh or (kept.living and fetching.locked())):
        return kept.access
    with fetching:
        chosen, kept = _look(resource)  # somebody else may have fetched one meanwhile
        return kept.access if kept and kept.fresh else fetch(chosen, resource)


def prove(resource: Resource) -> None:
    """Have Microsoft take the registered credential; raise what it says of it."""
    with db.reading() as session:
        chosen = registration.known(session)
    fetch(chosen, resource)


def fetch(chosen: Registration, resource: Resource = Resource.GRAPH) -> str:
    """Fetch a token with this application's credential, and keep it.

    Opens a session, and raises, as `current` does.
    """
    elsewhere = config.current().exchange_url if resource == Resource.EXCHANGE else ""
    issued = login.app_token(chosen, elsewhere)
    with db.session() as session:
        _keep(session, chosen, issued, resource)
    return issued.access_token


def spoil(
    access: str, resource: Resource = Resource.GRAPH, age: timedelta = timedelta()
) -> bool:
    """Microsoft refused this token: fetch another before the next use.

    One that is not of this age yet stays; then the answer is False.
    """
    with db.session() as session:
        row = session.get(ApplicationTokenRow, resource, with_for_update=True)
        if row is None or _unseal(row) != access:
            return True
        if row.fetched_at and clock.now() - row.fetched_at < age:
            return False
        row.access_until = clock.now()
        return True


def about(number: int) -> str:
    """Say what a row's token is bound to."""
    return f"application token {int(number)}"


def _look(resource: Resource) -> tuple[Registration, Kept | None]:
    """Return the application, and its token if it was got with what is in force now."""
    with db.reading() as session:
        chosen = registration.known(session)
        row = session.get(ApplicationTokenRow, resource)
        if row is None or (row.origin, row.credential) != _made_with(chosen):
            return chosen, None
        return chosen, Kept(access=_unseal(row), until=row.access_until)


def _keep(
    session: Session, chosen: Registration, issued: Grant, resource: Resource
) -> None:
    db.alone(session)  # or two at once could both be the first
    row = session.get(ApplicationTokenRow, resource)
    if row is None:
        row = ApplicationTokenRow(id=resource)
        session.add(row)
    row.origin, row.credential = _made_with(chosen)
    row.sealed_access = vault.seal(issued.access_token.encode(), about(row.id))
    row.access_until, row.fetched_at = issued.expires_at, clock.now()


def _made_with(chosen: Registration) -> tuple[str, bytes]:
    secret = chosen.secret or chosen.certificate or ""
    return chosen.origin, vault.fingerprint("credential", [secret.encode()])


def _unseal(row: ApplicationTokenRow) -> str:
    return vault.unseal(row.sealed_access, about(row.id)).decode()
