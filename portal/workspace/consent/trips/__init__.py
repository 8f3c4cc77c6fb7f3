"""Trips: each is one round to an issuer, for one browser and one purpose, once.

What comes back is a claim until `redeem` knows its trip: by state, browser and time.
How a trip ended is kept a while, for the page that its browser is sent on to: the
address with the code in it shows nothing.
"""

import json
import secrets
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, db, vault
from portal.errors import IssuerError, NotFound, PortalError
from portal.explanations import Explained
from portal.explanations.own.consent import APPLICATION_CHANGED, OTHER_ISSUER
from portal.issuer import Issuer
from portal.issuer.grant import Grant
from portal.issuer.refusals import LoginRefused
from portal.workspace.consent.trips.ending import Ending, Kind, Purpose, Way
from portal.workspace.registration import issuers
from portal.workspace.verification import redirects

__all__ = [
    "Callback",
    "ConsentFailed",
    "Ending",
    "Kind",
    "Purpose",
    "Ticket",
    "Trip",
    "TripOver",
    "TripRow",
    "Way",
    "about",
    "begin",
    "check",
    "end",
    "ending",
    "redeem",
    "spend",
    "sweep",
    "used",
]

LIFE = timedelta(minutes=10)
SECRET_BYTES = 32
LAG_SECONDS = (0.5, 1.5)


class TripRow(db.Table):
    """One round to an issuer, known by the fingerprint of its state."""

    __tablename__ = "trip"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    state_fingerprint: Mapped[bytes] = mapped_column(unique=True)
    browser_fingerprint: Mapped[bytes]
    purpose: Mapped[str]
    way: Mapped[str]
    change_id: Mapped[UUID | None]
    sealed: Mapped[bytes]  # verifier, nonce, origin and what else is taken along
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    ending: Mapped[dict[str, Any] | None]


@dataclass(frozen=True, kw_only=True)
class Callback:
    """What an issuer's redirect brought: claims, not yet proofs."""

    state: str = field(repr=False)
    browser: str = field(repr=False)
    at: str  # the address that it came to, without what it brought
    issuer: str = ""  # the name that it bears, RFC 9207
    code: str = field(repr=False, default="")
    error: str = ""
    error_description: str = ""


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """What the address of a trip carries, and what only we know of it."""

    issuer: Issuer
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Trip:
    """A trip that has come back, as it was begun."""

    id: UUID
    purpose: Purpose
    way: Way
    change_id: UUID | None
    issuer: Issuer
    origin: str  # where it went, and as which application
    ended: bool  # how is kept, for a page
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    luggage: dict[str, str] = field(repr=False)


class ConsentFailed(Explained):
    """What came back connects nothing, and has changed nothing; its row says why."""


class TripOver(PortalError):
    """This sign-in is over."""  # a page of its own says why


def begin(
    session: Session,
    purpose: Purpose,
    way: Way,
    browser: str,
    *,
    change_id: UUID | None = None,
    **luggage: str,
) -> Ticket:
    """Begin a trip of one browser; raise NotConnected if nothing is registered.

    It goes to whoever vouches for the user of the `account` in its luggage; without
    one, for our own admins.
    """
    issuer = issuers.known(session, _account_id(luggage))
    trip_id = db.new_id()
    state, nonce, verifier = (secrets.token_urlsafe(SECRET_BYTES) for _ in range(3))
    own = {"nonce": nonce, "verifier": verifier, "origin": issuer.origin}
    packed = json.dumps(own | {"luggage": luggage}).encode()
    trip = TripRow(
        id=trip_id,
        state_fingerprint=vault.fingerprint_of("state", state),
        browser_fingerprint=vault.fingerprint_of("browser", browser),
        purpose=purpose,
        way=way,
        change_id=change_id,
        sealed=vault.seal(packed, about(trip_id)),
        expires_at=clock.now() + LIFE,
    )
    session.add(trip)
    return Ticket(issuer=issuer, state=state, nonce=nonce, verifier=verifier)


def redeem(session: Session, callback: Callback) -> Trip:
    """Take back a trip, once; raise TripOver for one that is not known."""
    row = session.scalars(
        update(TripRow)
        .where(
            *_of(callback),
            TripRow.used_at.is_(None),
            TripRow.expires_at > clock.now(),
        )
        .values(used_at=clock.now())
        .returning(TripRow)
    ).first()
    if row is None:
        raise TripOver
    return _told(session, row)


def used(session: Session, callback: Callback) -> Trip:
    """Return the trip that came back with this before; raise TripOver if none did.

    Nothing can be spent by it any more: it tells its browser where it has led.
    """
    row = session.scalars(
        select(TripRow).where(*_of(callback), TripRow.used_at.is_not(None))
    ).first()
    if row is None:
        raise TripOver
    return _told(session, row)


def _of(callback: Callback) -> tuple[ColumnElement[bool], ...]:
    state = vault.fingerprint_of("state", callback.state)
    browser = vault.fingerprint_of("browser", callback.browser)
    return TripRow.state_fingerprint == state, TripRow.browser_fingerprint == browser


def _told(session: Session, row: TripRow) -> Trip:
    packed = json.loads(vault.unseal(row.sealed, about(row.id)))
    issuer = issuers.of(session, _account_id(packed["luggage"]))
    if issuer is None:
        raise TripOver
    return Trip(
        id=row.id,
        purpose=Purpose(row.purpose),
        way=Way(row.way),
        change_id=row.change_id,
        issuer=issuer,
        ended=row.ending is not None,
        **packed,
    )


def check(trip: Trip, callback: Callback) -> None:
    """Raise what speaks against going on before the issuer is asked anything more.

    The code of one issuer is told to no other: RFC 9700 section 4.4.
    """
    if callback.at != trip.issuer.redirect_uri:
        raise ConsentFailed(OTHER_ISSUER)
    if not trip.issuer.calls_itself(callback.issuer):
        raise ConsentFailed(OTHER_ISSUER)
    if callback.error:
        raise trip.issuer.returned(callback.error, callback.error_description)
    if trip.origin != trip.issuer.origin:
        raise ConsentFailed(APPLICATION_CHANGED)


def spend(trip: Trip, callback: Callback, scopes: frozenset[str]) -> Grant:
    """Turn the callback's code into tokens; raise an IssuerError.

    A consent given just now may not be seen everywhere yet, so that is asked again.
    Always: it may have been given in Entra itself, where nobody tells us of it. What
    else is said then is no news: the code may be used up, RFC 6749 section 4.1.2.
    """
    if not callback.code:
        raise trip.issuer.returned("", "")
    try:
        return _redeem(trip, callback, scopes)
    except LoginRefused as error:
        if error.lagging and (grant := _redeemed_later(trip, callback, scopes)):
            return grant
        raise


def _redeemed_later(
    trip: Trip, callback: Callback, scopes: frozenset[str]
) -> Grant | None:
    for seconds in LAG_SECONDS:
        time.sleep(seconds)
        try:
            return _redeem(trip, callback, scopes)
        except LoginRefused as error:
            if not error.lagging:
                return None
        except IssuerError:
            return None
    return None


def _redeem(trip: Trip, callback: Callback, scopes: frozenset[str]) -> Grant:
    grant = trip.issuer.redeem(
        code=callback.code, verifier=trip.verifier, scopes=scopes
    )
    with db.session() as session:
        redirects.note(session, trip.issuer)
    return grant


def end(session: Session, trip_id: UUID, ending: Ending) -> None:
    """Keep how a trip ended, for the page that its browser is sent on to."""
    session.get_one(TripRow, trip_id).ending = ending.packed


def ending(session: Session, trip_id: UUID, browser: str) -> Ending:
    """Tell a trip's own browser how it ended; raise NotFound to all others."""
    row = session.scalars(
        select(TripRow).where(
            TripRow.id == trip_id,
            TripRow.browser_fingerprint == vault.fingerprint_of("browser", browser),
        )
    ).first()
    if row is None or row.ending is None:
        raise NotFound("Nothing is known of this sign-in any more.")
    return Ending.read(row.ending, row.change_id)


def sweep(session: Session, before: datetime) -> None:
    """Erase trips that were over before a time."""
    session.execute(delete(TripRow).where(TripRow.expires_at < before))


def about(trip_id: UUID) -> str:
    """Say what is sealed with a trip."""
    return f"trip {trip_id}"


def _account_id(luggage: dict[str, str]) -> UUID | None:
    return UUID(luggage["account"]) if "account" in luggage else None
