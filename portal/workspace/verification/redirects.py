"""Redirect URIs: which of ours a sign-in has come back to, and for which application.

An issuer cannot be asked which are registered. That a code was redeemed with one shows
that it was then.
"""

from datetime import datetime

from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, db
from portal.issuer import Issuer


class RedirectRow(db.Table):
    """One address of ours, and when somebody last came back to it by an application.

    Several may share it: each account of Google has an OAuth client of its own.
    """

    __tablename__ = "redirect"

    uri: Mapped[str] = mapped_column(primary_key=True)
    # The application, its organization, and who vouches for them.
    origin: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


def note(session: Session, issuer: Issuer) -> None:
    """Note that a sign-in with this application came back just now."""
    db.alone(session)  # or two at once could both be the first
    uri, origin = issuer.redirect_uri, issuer.origin
    session.merge(RedirectRow(uri=uri, origin=origin, at=clock.now()))


def proven_at(session: Session, issuer: Issuer) -> datetime | None:
    """Tell when a sign-in last came back; None: not with this application, or not here.

    Whoever changes the address or the application begins anew.
    """
    row = session.get(RedirectRow, (issuer.redirect_uri, issuer.origin))
    return row.at if row else None
