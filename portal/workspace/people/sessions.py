"""Sessions: each is one sign-in of one person, in one browser.

The browser holds the secret, we its fingerprint. One counts only with the application
that it was made with, which also fixes the organization, and only while its person is
an admin.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, db, vault
from portal.issuer.identity import Identity, Named
from portal.workspace import registration
from portal.workspace.people import roles

IDLE = timedelta(hours=1)
LONGEST = timedelta(hours=12)
TOUCH_EVERY = timedelta(minutes=1)
SECRET_BYTES = 32


class SessionRow(db.Table):
    """One sign-in: who it was, with which application, and when last seen."""

    __tablename__ = "session"

    fingerprint: Mapped[bytes] = mapped_column(primary_key=True)
    origin: Mapped[str]  # of the registration; another one's sessions do not count
    tid: Mapped[str]
    oid: Mapped[str]
    username: Mapped[str]
    email: Mapped[str]
    name: Mapped[str]
    has_role: Mapped[bool]  # Microsoft named it when this person signed in
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]


@dataclass(frozen=True, kw_only=True)
class Person(Named):
    """Whoever is signed in."""

    tid: str
    fresh: bool = True  # was seen within a minute: `touch` has nothing to write


def begin(session: Session, who: Identity, origin: str, *, has_role: bool) -> str:
    """Sign somebody in and return the secret, which is kept nowhere.

    Always a new one: what a browser held before it signed in opens nothing after.
    """
    secret = secrets.token_urlsafe(SECRET_BYTES)
    now = clock.now()
    session.add(
        SessionRow(
            fingerprint=_fingerprint(secret),
            origin=origin,
            tid=who.tid,
            oid=who.oid,
            username=who.username,
            email=who.email,
            name=who.name,
            has_role=has_role,
            began_at=now,
            seen_at=now,
        )
    )
    session.flush()
    return secret


def find(session: Session, secret: str) -> Person | None:
    """Return who is signed in by this secret; None if nobody is (any more)."""
    row = session.get(SessionRow, _fingerprint(secret))
    if row is None or not _counts(session, row):
        return None
    return Person(
        tid=row.tid,
        oid=row.oid,
        username=row.username,
        email=row.email,
        name=row.name,
        fresh=row.seen_at > clock.now() - TOUCH_EVERY,
    )


def touch(session: Session, secret: str) -> None:
    """Its person is still here; written down at most once a minute."""
    now = clock.now()
    session.execute(
        update(SessionRow)
        .where(
            SessionRow.fingerprint == _fingerprint(secret),
            SessionRow.seen_at <= now - TOUCH_EVERY,
            SessionRow.seen_at > now - IDLE,  # what is over stays over
        )
        .values(seen_at=now)
    )


def end(session: Session, secret: str) -> None:
    """Sign out; an unknown secret ends nothing."""
    fingerprint = _fingerprint(secret)
    session.execute(delete(SessionRow).where(SessionRow.fingerprint == fingerprint))


def sweep(session: Session, now: datetime) -> None:
    """Erase what is over."""
    idle, old = SessionRow.seen_at <= now - IDLE, SessionRow.began_at <= now - LONGEST
    session.execute(delete(SessionRow).where(or_(idle, old)))


def _counts(session: Session, row: SessionRow) -> bool:
    now = clock.now()
    if row.seen_at <= now - IDLE or row.began_at <= now - LONGEST:
        return False
    if row.origin != registration.origin(session):
        return False
    return row.has_role or roles.holds(session, row.tid, row.oid)


def _fingerprint(secret: str) -> bytes:
    return vault.fingerprint_of("session", secret)
