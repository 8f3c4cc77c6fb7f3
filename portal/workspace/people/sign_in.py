"""Signing in to the portal with Microsoft: who it is, and nothing else.

No token is kept. This file opens short sessions of its own: calls to Microsoft lie
between.
"""

from dataclasses import dataclass, field
from functools import partial

from sqlalchemy.orm import Session

from portal import db
from portal.errors import NotAllowed
from portal.explanations.own.consent import APPLICATION_CHANGED, OTHER_PURPOSE
from portal.issuer import Departure
from portal.issuer.identity import Identity
from portal.workspace import audit
from portal.workspace.consent import trips
from portal.workspace.consent.trips import (
    Callback,
    ConsentFailed,
    Purpose,
    Trip,
    Way,
)
from portal.workspace.people import roles, sessions
from portal.workspace.people.sessions import Person

SCOPES = frozenset({"openid", "profile", "email"})
HOME = "/settings"  # where whoever came for nothing else is led
PATH_LIMIT = 1000  # characters
PORTAL = "Mail Portal"


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """Somebody who may see the pages, and what the browser holds from now on."""

    secret: str = field(repr=False)
    person: Person
    next_path: str


class NotAdmin(NotAllowed):
    """Whoever signed in is no workspace admin of this portal."""

    def __init__(self, username: str, *, taken: bool) -> None:
        self.username = username
        super().__init__(
            f"{username} is the address of a workspace admin, but somebody else was"
            " the first to sign in with it."
            if taken
            else f"{username} is not a workspace admin of this portal."
        )


def depart(session: Session, browser: str, next_path: str) -> Departure:
    """Begin a sign-in; raise NotConnected."""
    ticket = trips.begin(
        session, Purpose.SIGN_IN, Way.LINK, browser, next_path=local(next_path)
    )
    return partial(
        ticket.issuer.authorize_url,
        state=ticket.state,
        nonce=ticket.nonce,
        verifier=ticket.verifier,
        scopes=SCOPES,
    )


def arrive(trip: Trip, callback: Callback) -> SignedIn:
    """Sign in whoever came back; the browser's session before is the caller's to end.

    Raises NotAdmin, and ConsentFailed or IssuerError when nobody has come.
    """
    who = _proven(trip, callback)
    with db.session() as session:
        if roles.admits(session, who, roles.ROLE in who.roles):
            return _sign_in(session, trip, who)
        refused = _refuse(session, who)
    raise refused


def leave(session: Session, secret: str) -> None:
    """Sign out."""
    if person := sessions.find(session, secret):
        audit.note(session, person.called, "signed out", PORTAL)
    sessions.end(session, secret)


def local(path: str) -> str:
    """Return a path of this portal as it is, and home for whatever may lead elsewhere.

    A browser takes // and \\ for the beginning of another host, and drops controls.
    """
    whole = path.startswith("/") and path.isprintable() and len(path) <= PATH_LIMIT
    return path if whole and "//" not in path and "\\" not in path else HOME


def home(trip: Trip) -> str:
    """Return where somebody wanted to go who was sent to sign in first."""
    return trip.luggage.get("next_path", HOME)


def _proven(trip: Trip, callback: Callback) -> Identity:
    if trip.purpose != Purpose.SIGN_IN:
        raise ConsentFailed(OTHER_PURPOSE)
    trips.check(trip, callback)
    grant = trips.spend(trip, callback, SCOPES)
    return trip.issuer.identify(grant.id_token or "", trip.nonce)


def _sign_in(session: Session, trip: Trip, who: Identity) -> SignedIn:
    secret = sessions.begin(
        session, who, trip.issuer.origin, has_role=roles.ROLE in who.roles
    )
    person = sessions.find(session, secret)
    if person is None:
        raise ConsentFailed(APPLICATION_CHANGED)
    audit.note(session, who.called, "signed in", PORTAL)
    return SignedIn(secret=secret, person=person, next_path=home(trip))


def _refuse(session: Session, who: Identity) -> NotAdmin:
    audit.note(session, who.called, "was refused", PORTAL)
    return NotAdmin(who.called, taken=roles.taken(session, who))
