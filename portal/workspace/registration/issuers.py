"""Whose sign-in an account sends by: which issuer, asked as which application."""

from uuid import UUID

from sqlalchemy.orm import Session

from portal.issuer import Issuer
from portal.microsoft import issuer as microsoft
from portal.workspace import registration


def of(session: Session, account_id: UUID | None = None) -> Issuer | None:
    """Return who vouches for an account's user, or for who signs in to this portal.

    None: it is not known yet as which application to ask.
    """
    chosen = registration.current(session)
    return microsoft.of(chosen) if chosen else None


def known(session: Session, account_id: UUID | None = None) -> Issuer:
    """Return the same; raise NotConnected if that is not known yet."""
    return of(session, account_id) or microsoft.of(registration.known(session))
