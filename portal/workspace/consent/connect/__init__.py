"""Connecting: the mailbox's user signs in, and an account sends by that from then on.

Whoever signs in as the From address itself connects it. Anybody else is proposed, and
counts only when it is confirmed. Either way From, switch and tokens change together or
not at all. This file opens short sessions of its own: calls to an issuer lie between.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from portal import config, db
from portal.errors import Conflict, IssuerError, Need, PortalError
from portal.explanations.own import consent as why
from portal.issuer import Departure, Issuer
from portal.issuer.grant import Grant, young
from portal.issuer.identity import Identity
from portal.issuer.refusals import LoginRefused
from portal.mail import journal, lanes, permits
from portal.mail.journal import Event, Line
from portal.mail.message import Address, address
from portal.mail.outbox import overdue
from portal.workspace import accounts, audit, connections, in_force
from portal.workspace.accounts import Account, Settings, servers
from portal.workspace.connections import Connection, Consent
from portal.workspace.consent import changes, proposals, trips
from portal.workspace.consent.changes import Change, ChangeRow, Outcome
from portal.workspace.consent.trips import (
    Callback,
    ConsentFailed,
    Purpose,
    Trip,
    Way,
)
from portal.workspace.registration import issuers

SIGNED_IN = "Somebody has signed in for it."


def depart(session: Session, change: Change, browser: str, way: Way) -> Departure:
    """Begin the trip on which the mailbox's user signs in."""
    ticket = trips.begin(
        session,
        Purpose.CONNECT,
        way,
        browser,
        change_id=change.id,
        account=str(change.account_id),
    )
    return partial(
        ticket.issuer.authorize_url,
        state=ticket.state,
        nonce=ticket.nonce,
        verifier=ticket.verifier,
        scopes=change.wanted,
    )


def arrive(trip: Trip, callback: Callback, admin: str | None) -> Change:
    """End the trip: the change is applied, or waits as a proposal to be confirmed.

    `admin` is who is signed in to the portal in this browser, if anybody is. Raises
    ConsentFailed, IssuerError or Conflict; then nothing has changed.
    """
    change_id = _change_id(trip)
    with keeping_trouble(change_id):
        return settle(change_id, _proven(trip, callback), admin)


def settle(change_id: UUID, consent: Consent, admin: str | None) -> Change:
    """Apply a change, or keep whoever signed in as a proposal to be confirmed."""
    with db.session() as session:
        row = changes.lock(session, change_id)
        _check(session, row, consent)
        if by := _decides(session, row, consent.identity, admin):
            _apply(session, row, replace(consent, by=by))
        else:
            row.proposed = proposals.who(consent.identity)
            row.sealed_proposal = proposals.seal(consent, row.id)
            row.meet(None)
        return changes.find(session, row.id)


def confirm(change_id: UUID, mark: str, by: str) -> Change:
    """Apply what was proposed, if it has the mark that was shown to who confirms.

    Raises Conflict or ConsentFailed if it is not, or if it is too late.
    """
    with db.session() as session:
        row = changes.lock(session, change_id)
        present = proposals.told(row.proposed, row.sender)
        if present is None or row.sealed_proposal is None:
            raise Conflict("Nobody has signed in for this change.")
        if present.mark != mark:
            raise Conflict(f"By now {present.called} signed in. Please look again.")
        issuer = issuers.of(session, row.account_id)
        consent = proposals.unseal(row.sealed_proposal, row.id, issuer)
        _apply(session, row, replace(consent, by=by))
        return changes.find(session, change_id)


def prove(
    issuer: Issuer, grant: Grant, asked: frozenset[str], nonce: str | None
) -> Consent:
    """Tell who gave tokens, and keep of them what was asked for; raise if they fail."""
    who = issuer.identify(grant.id_token or "", nonce)
    if not grant.refresh_token:
        raise ConsentFailed(why.NOT_LASTING, issuer=issuer.name)
    # What was granted before is told as well: we use, and renew, what we asked.
    grant = replace(grant, scopes=grant.scopes & asked)
    return Consent(issuer=issuer, grant=grant, identity=who, by="")


@contextmanager
def keeping_trouble(change_id: UUID) -> Iterator[None]:
    """Keep the reason of a failure for whoever waits at the other end."""
    try:
        yield
    except (ConsentFailed, IssuerError) as error:
        _keep_trouble(change_id, error)
        raise


def _proven(trip: Trip, callback: Callback) -> Consent:
    """Turn the callback's claims into tokens and an identity, or raise."""
    trips.check(trip, callback)
    asked = _asked(trip)
    grant = trips.spend(trip, callback, asked)
    return prove(trip.issuer, grant, asked, trip.nonce)


def _asked(trip: Trip) -> frozenset[str]:
    with db.reading() as session:
        return changes.find(session, _change_id(trip)).wanted


def _check(session: Session, row: ChangeRow, consent: Consent) -> None:
    """Raise ConsentFailed if what was granted is not enough, or not to us any more."""
    issuer = issuers.of(session, row.account_id)
    if issuer is None or issuer.origin != consent.issuer.origin:
        raise ConsentFailed(why.APPLICATION_CHANGED)
    own = _owns(consent.identity, row.sender)
    if not own and not issuer.shares:
        raise ConsentFailed(
            why.OTHER_MAILBOX,
            sender=row.sender or "",
            present=consent.identity.called,
            issuer=issuer.name,
        )
    change = changes.find(session, row.id)
    if missing := change.missing(consent.grant.scopes, own=own):
        permissions = ", ".join(sorted(missing))
        raise ConsentFailed(
            why.NOT_GRANTED, issuer=issuer.name, permissions=permissions
        )


def _decides(
    session: Session, row: ChangeRow, who: Identity, admin: str | None
) -> str | None:
    """Tell who has decided already that this account is the one; None if nobody."""
    decided_by = row.asked_by if row.by_operator else admin
    expected = _owns(who, row.sender) or _as_before(session, row, who)
    return decided_by if expected else None


def _owns(who: Identity, sender: str | None) -> bool:
    """Tell whether this is whose sign-in was expected."""
    return sender is None or address.same(sender, who.username, who.email)


def _as_before(session: Session, row: ChangeRow, who: Identity) -> bool:
    """Tell whether the same account signs in again for the same From."""
    account = accounts.by_id(session, row.account_id)
    before = connections.find(session, row.account_id)
    same = row.sender is not None and row.sender == changes.expected(session, account)
    if before is None or not same:
        return False
    return (before.tid, before.oid) == (who.tid, who.oid)


def _apply(session: Session, row: ChangeRow, consent: Consent) -> None:
    account = accounts.lock(session, row.account_id)
    if account.version != row.account_version:
        raise Conflict(accounts.changed_meanwhile(account))
    connection = connections.keep(session, account.id, consent)
    settings = _settings(account, row, consent.identity)
    accounts.apply(session, account.id, settings, consent.by)
    _open(session, account, connection)
    snapshot = in_force.take(session, account.id)
    overdue.release(session, account.id, SIGNED_IN, snapshot)
    if settings.large_attachments:
        permits.grant(session, account.id, Need.LARGE_ATTACHMENTS, consent.by)
    changes.end(session, account.id, Outcome.APPLIED)
    reason = f"Connected as {connection.called}; mail leaves as {settings.sender}."
    line = Line(
        event=Event.CONNECTED,
        account_id=account.id,
        reason=reason,
        snapshot=snapshot,
    )
    journal.write(session, line)
    audit.note(session, consent.by, "connected account", settings.sender or "")


def _settings(account: Account, row: ChangeRow, who: Identity) -> Settings:
    """Say what is in force then; what one sends as by SMTP the operator has said."""
    if account.by_smtp:
        return Settings(sender=account.sender, large_attachments=False)
    sender = row.sender or _address(who)
    return Settings(sender=sender, large_attachments=row.large_attachments)


def _open(session: Session, account: Account, connection: Connection) -> None:
    """Let an account's mail go: by who signed in, or by its server's mailbox.

    One that is switched off waits for its switch.
    """
    if account.by_smtp:
        accounts.move(session, account.id, servers.of(session, account.id))
    elif account.enabled:
        in_flight = config.current().requests_in_flight
        lanes.route(session, account.id, connection.lane_key, in_flight)


def _address(who: Identity) -> str:
    """Return what mail leaves from if nothing else was asked for."""
    try:
        return address.checked(Address(address=who.address)).address
    except ValueError as error:
        raise ConsentFailed(why.NO_ADDRESS) from error


def _keep_trouble(change_id: UUID, error: PortalError) -> None:
    with db.session() as session, suppress(Conflict):
        row = changes.lock(session, change_id)
        row.meet(error)
        unapproved = isinstance(error, LoginRefused) and error.unapproved
        if unapproved and not young(row.approved_at):
            # Whatever was said of an approval, Microsoft knows of none.
            row.approved_for = None
            row.approval_refused = True


def _change_id(trip: Trip) -> UUID:
    if trip.change_id is None:
        raise ConsentFailed(why.OTHER_PURPOSE)
    return trip.change_id
