"""Setup links: each lets one browser register the application, once, within an hour.

Whoever has one needs no sign-in, because before an application is registered nobody
can sign in.
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, db, vault
from portal.errors import NotFound

LIFE = timedelta(hours=1)
SECRET_BYTES = 16


class SetupLinkRow(db.Table):
    """The fingerprint of a link that has not been used, and its end."""

    __tablename__ = "setup_link"

    fingerprint: Mapped[bytes] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]


class LinkEnded(NotFound):
    """This setup link was used or replaced, or its hour is over."""


def make(session: Session) -> str:
    """Return the secret of a new link; older ones end."""
    db.alone(session)  # or two at once could both be the newest
    end(session)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    session.add(
        SetupLinkRow(
            fingerprint=_fingerprint(secret),
            expires_at=clock.now() + LIFE,
        )
    )
    return secret


def check(session: Session, secret: str) -> None:
    """Raise NotFound for a link that does not serve (any more)."""
    living = select(SetupLinkRow.expires_at).where(*_living(secret))
    if session.scalars(living).first() is None:
        raise LinkEnded


def use(session: Session, secret: str) -> None:
    """Spend a link; raise NotFound if it does not serve (any more)."""
    spent = session.execute(
        delete(SetupLinkRow).where(*_living(secret)).returning(SetupLinkRow.expires_at)
    )
    if spent.first() is None:
        raise LinkEnded


def end(session: Session) -> None:
    """End whatever link still serves: there is nothing left to do by it."""
    session.execute(delete(SetupLinkRow))


def sweep(session: Session, now: datetime) -> None:
    """Erase what is over."""
    session.execute(delete(SetupLinkRow).where(SetupLinkRow.expires_at <= now))


def _living(secret: str) -> tuple[ColumnElement[bool], ...]:
    return (
        SetupLinkRow.fingerprint == _fingerprint(secret),
        SetupLinkRow.expires_at > clock.now(),
    )


def _fingerprint(secret: str) -> bytes:
    return vault.fingerprint_of("setup link", secret)
