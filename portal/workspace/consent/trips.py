"""Trips: each is one round to Microsoft, for one browser and one purpose, once.

What comes back is checked before anything changes, and applied as a whole or not at
all. This file opens short sessions of its own: calls to Microsoft lie between them.
"""

import json
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, config, db, vault
from portal.errors import Conflict, MicrosoftError, NotConnected, PortalError
from portal.mail import journal, lanes, records
from portal.mail.journal import Event, Line
from portal.microsoft import identity, login, refusals
from portal.microsoft.refusals import CredentialRefused
from portal.workspace import accounts, audit, connections, registration
from portal.workspace.connections import Connection, Consent
from portal.workspace.consent import changes
from portal.workspace.consent.changes import ChangeRow, Outcome

LIFE = timedelta(minutes=10)
SECRET_BYTES = 32

IDENTITY = frozenset({"offline_access", "openid", "profile", "email"})
SEND = frozenset({"Mail.Send"})
SEND_LARGE = frozenset({"Mail.Send", "Mail.ReadWrite"})


class TripRow(db.Table):
    """One round to Microsoft, known by the fingerprint of its state."""

    __tablename__ = "trip"

    state_fingerprint: Mapped[bytes] = mapped_column(primary_key=True)
    change_id: Mapped[UUID]
    purpose: Mapped[str]
    browser_fingerprint: Mapped[bytes]
    sealed: Mapped[bytes]  # verifier, nonce, link and issuer
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


@dataclass(frozen=True, kw_only=True)
class Callback:
    """What Microsoft's redirect brought: claims, not yet proofs."""

    state: str = field(repr=False)
    browser: str = field(repr=False)
    code: str = field(repr=False, default="")
    error: str = ""
    error_description: str = ""


@dataclass(frozen=True, kw_only=True)
class Connected:
    """A trip that ended well."""

    connection: Connection
    sender: str
    waiting: int  # messages that now go out

    @property
    def needs_send_as(self) -> bool:
        return not self.connection.owns(self.sender)


class ConsentFailed(PortalError):
    """The sign-in did not end well. Nothing has changed."""

    def __init__(
        self, reason: str, *, title: str = "", code: str = "", link: str = ""
    ) -> None:
        self.title = title or "This sign-in could not be used"
        self.code = code
        self.link = link  # secret of the link to try again with; "" if there is none
        super().__init__(reason)


def depart(session: Session, link: str, browser: str) -> str:
    """Begin a trip of one browser and return where it goes; raise NotFound."""
    change = changes.follow(session, link)
    chosen = registration.current(session)
    if chosen is None:
        raise NotConnected("No application is registered yet.")
    state, nonce, verifier = (secrets.token_urlsafe(SECRET_BYTES) for _ in range(3))
    luggage = {"nonce": nonce, "verifier": verifier, "link": link}
    luggage["issuer"] = _issuer(chosen)
    trip = TripRow(
        state_fingerprint=_fingerprint("state", state),
        change_id=change.id,
        purpose="connect",
        browser_fingerprint=_fingerprint("browser", browser),
        sealed=vault.seal(json.dumps(luggage).encode(), f"trip of {change.id}"),
        expires_at=clock.now() + LIFE,
    )
    session.add(trip)
    account = accounts.by_id(session, change.account_id)
    return login.authorize_url(
        chosen,
        state=state,
        nonce=nonce,
        verifier=verifier,
        scopes=wanted_scopes(large=account.large_attachments),
    )


def arrive(callback: Callback) -> Connected:
    """End a trip: check what came back, and apply the change as a whole.

    Raises ConsentFailed with a reason for a page; then nothing has changed.
    """
    with db.session() as session:
        trip = _redeem_trip(session, callback)
    try:
        return _apply(trip, _proven(trip, callback))
    except (ConsentFailed, MicrosoftError, Conflict) as error:
        raise _told(trip, error) from error


@dataclass(frozen=True, kw_only=True)
class _Trip:
    change_id: UUID
    registration: login.Registration
    sender: str | None
    asked_by: str
    large: bool
    issuer: str  # where it went, and as which application
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    link: str = field(repr=False)


def sweep(session: Session, before: datetime) -> None:
    """Erase trips that were over before a time."""
    session.execute(delete(TripRow).where(TripRow.expires_at < before))


def wanted_scopes(*, large: bool) -> frozenset[str]:
    """Name what is asked for: what we need, and the same for shared mailboxes."""
    needed = SEND_LARGE if large else SEND
    return needed | {f"{name}.Shared" for name in needed} | IDENTITY


def _redeem_trip(session: Session, callback: Callback) -> _Trip:
    row = session.scalars(
        update(TripRow)
        .where(
            TripRow.state_fingerprint == _fingerprint("state", callback.state),
            TripRow.browser_fingerprint == _fingerprint("browser", callback.browser),
            TripRow.used_at.is_(None),
            TripRow.expires_at > clock.now(),
        )
        .values(used_at=clock.now())
        .returning(TripRow)
    ).first()
    chosen = registration.current(session)
    if row is None or chosen is None:
        raise ConsentFailed(
            "It was begun in another browser, used before, or took more than ten"
            " minutes. Please open the connection link once more.",
            title="This sign-in is over",
        )
    change = session.get_one(ChangeRow, row.change_id)
    account = accounts.by_id(session, change.account_id)
    luggage = json.loads(vault.unseal(row.sealed, f"trip of {change.id}"))
    return _Trip(
        change_id=change.id,
        registration=chosen,
        sender=change.sender,
        asked_by=change.asked_by,
        large=account.large_attachments,
        **luggage,
    )


def _proven(trip: _Trip, callback: Callback) -> Consent:
    """Turn the callback's claims into tokens and an identity, or raise."""
    if callback.error or not callback.code:
        raise refusals.returned(callback.error, callback.error_description)
    if trip.issuer != _issuer(trip.registration):
        raise ConsentFailed(
            "The registered application has changed since this sign-in began."
        )
    asked = wanted_scopes(large=trip.large)
    grant = login.redeem(
        trip.registration, code=callback.code, verifier=trip.verifier, scopes=asked
    )
    # Microsoft also tells what was granted before: we use, and renew, what we asked.
    grant = replace(grant, scopes=grant.scopes & asked)
    who = identity.identify(trip.registration, grant.id_token or "", trip.nonce)
    if not grant.refresh_token:
        raise ConsentFailed(
            "Microsoft gave no lasting permission (offline_access), so this would end"
            " within the hour."
        )
    consent = Consent(
        registration=trip.registration, grant=grant, identity=who, by=trip.asked_by
    )
    if missing := _missing(trip, consent):
        raise ConsentFailed(f"Microsoft did not grant: {', '.join(sorted(missing))}.")
    return consent


def _missing(trip: _Trip, consent: Consent) -> frozenset[str]:
    needed = SEND_LARGE if trip.large else SEND
    who = consent.identity
    own = {who.username.casefold(), who.email.casefold()}
    if trip.sender and trip.sender.casefold() not in own:
        needed |= {f"{name}.Shared" for name in needed}
    granted = {scope.casefold() for scope in consent.grant.scopes}
    return frozenset(name for name in needed if name.casefold() not in granted)


def _apply(trip: _Trip, consent: Consent) -> Connected:
    with db.session() as session:
        change = session.get_one(ChangeRow, trip.change_id, with_for_update=True)
        account = accounts.lock(session, change.account_id)
        if change.ended_at or account.version != change.account_version:
            raise Conflict("Somebody changed this account in the meantime.")
        sender = trip.sender or consent.identity.email or consent.identity.username
        connection = connections.keep(session, account.id, consent)
        accounts.set_sender(session, account.id, sender)
        in_flight = config.current().requests_in_flight
        lanes.route(session, account.id, connection.lane_key, in_flight)
        changes.end(session, account.id, Outcome.APPLIED)
        _note(session, connection, sender)
        waiting = records.waiting(session, account.id)
    return Connected(connection=connection, sender=sender, waiting=waiting)


def _note(session: Session, connection: Connection, sender: str) -> None:
    reason = f"Connected as {connection.username}; mail leaves as {sender}."
    line = Line(event=Event.CONNECTED, account_id=connection.account_id, reason=reason)
    journal.write(session, line)
    audit.note(session, connection.connected_by, "connected account", sender)


def _told(trip: _Trip, error: PortalError) -> ConsentFailed:
    """Keep the reason for whoever waits at the other end, and give it a way back."""
    with db.session() as session:
        change = session.get_one(ChangeRow, trip.change_id, with_for_update=True)
        if change.ended_at is None:
            change.trouble = str(error)
        # With a refused credential it would fail again, whoever signs in.
        vain = change.ended_at or isinstance(error, CredentialRefused)
        link = "" if vain else trip.link
    title, code = getattr(error, "title", ""), getattr(error, "code", "")
    return ConsentFailed(str(error), title=title, code=code, link=link)


def _issuer(chosen: login.Registration) -> str:
    return f"{chosen.token_endpoint} {chosen.client_id}"


def _fingerprint(purpose: str, secret: str) -> bytes:
    return vault.fingerprint(purpose, [secret.encode(errors="surrogatepass")])
