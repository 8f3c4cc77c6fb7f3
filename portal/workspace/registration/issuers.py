"""Whose sign-in an account sends by: which issuer, asked as which application."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import Session

from portal import config
from portal.google import identity as at_google
from portal.google import issuer as google
from portal.google.login import Client
from portal.issuer import Issuer
from portal.microsoft import identity
from portal.microsoft import issuer as microsoft
from portal.workspace import registration
from portal.workspace.accounts import Account, Server, servers
from portal.workspace.accounts.servers import Provider


def of(session: Session, account_id: UUID | None = None) -> Issuer | None:
    """Return who vouches for an account's user, or for who signs in to this portal.

    None: it is not known yet as which application to ask.
    """
    server = servers.find(session, account_id) if account_id else None
    if server and server.by_google:
        return google.of(_client(server))
    return _microsoft(session)


def several(
    session: Session, accounts: Collection[Account]
) -> dict[UUID, Issuer | None]:
    """Return the same of many accounts."""
    ours = _microsoft(session)
    found: dict[UUID, Issuer | None] = {each.id: ours for each in accounts}
    elsewhere = [each.id for each in accounts if each.provider == Provider.GOOGLE]
    known = servers.at_google(session) if elsewhere else {}
    return found | {each: google.of(_client(known[each])) for each in elsewhere}


def known(session: Session, account_id: UUID | None = None) -> Issuer:
    """Return the same; raise NotConnected if that is not known yet."""
    return of(session, account_id) or microsoft.of(registration.known(session))


def named(session: Session, account_id: UUID | None = None) -> str:
    """Say how people call them, be it known as which application to ask or not."""
    server = servers.shown(session, account_id) if account_id else None
    return at_google.NAME if server and server.by_google else identity.NAME


def _microsoft(session: Session) -> Issuer | None:
    chosen = registration.current(session)
    return microsoft.of(chosen) if chosen else None


def _client(server: Server) -> Client:
    settings = config.current()
    return Client(
        client_id=server.client_id,
        secret=server.client_secret,
        url=settings.google_url,
        redirect_uri=settings.google_redirect_uri,
    )
