"""Approval: an admin of the organization grants the permissions for everybody in it.

What comes back is Microsoft's word in an address that anybody could write: a claim. It
lets the next trip begin, and that one brings the proof.
"""

import hmac
from contextlib import suppress
from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from portal import clock, db
from portal.errors import Conflict, IssuerError, NotFound
from portal.issuer import Departure, Issuer
from portal.issuer.refusals import Unreachable
from portal.microsoft import login
from portal.workspace import accounts, connections, registration
from portal.workspace.consent import changes, links, scopes, trips
from portal.workspace.consent.changes import Change, ChangeRow, Stage
from portal.workspace.consent.trips import (
    Callback,
    Purpose,
    Trip,
    Way,
)
from portal.workspace.registration import issuers


def needed(session: Session, change: Change) -> bool:
    """Tell whether an admin has to approve before anybody can sign in for a change."""
    issuer = issuers.of(session, change.account_id)
    if issuer is None or not issuer.approves:
        return False
    if change.stage in (Stage.WAITING, Stage.PROPOSED):
        return change.stage == Stage.WAITING
    approved = change.approved_for == issuer.origin
    return not approved and not _covered(session, issuer, change)


def possible(session: Session, change: Change) -> bool:
    """Tell whether an admin of the organization could approve it for everybody."""
    issuer = issuers.of(session, change.account_id)
    return issuer is not None and issuer.approves


def depart(session: Session, change: Change, browser: str, way: Way) -> Departure:
    """Begin the trip on which a change is approved."""
    return _depart(session, change, browser, way)


def depart_by_link(session: Session, link: str, browser: str) -> Departure:
    """Begin the trip that an approval link leads to; raise NotFound if to none."""
    if _is_standing(session, link):
        waiting = changes.pending(session, accounts.workspace(session).id)
        return _depart(session, waiting, browser, Way.LINK, public=True)
    change = changes.follow_approval(session, link)
    if not possible(session, change):
        raise NotFound(
            "Nobody has to approve this change. Please sign in by its connection link."
        )
    return _depart(session, change, browser, Way.LINK)


def link(session: Session) -> str:
    """Return the approval link that stands until Reset; "" if nothing is registered.

    It serves where no change is pending: signing in may need an approval itself.
    """
    chosen = registration.current(session)
    if chosen is None:
        return ""
    reset_at = accounts.workspace(session).reset_at
    return links.secret("standing approval", f"{chosen.origin} {reset_at or ''}")


def arrive(trip: Trip, callback: Callback) -> None:
    """End the trip; raise ConsentFailed or IssuerError if it was not approved."""
    try:
        trips.check(trip, callback)
    except IssuerError as error:
        _refuse(trip, error)
        raise
    with db.session() as session:
        if trip.change_id is not None:
            row = _approve(session, trip.change_id, trip.origin)
            # What began on a page for everybody anybody may claim, again and again.
            row.approved_at = clock.now()
        elif served := trip.luggage.get("serves"):
            with suppress(Conflict):
                _approve(session, UUID(served), trip.origin)


def _approve(session: Session, change_id: UUID, origin: str) -> ChangeRow:
    row = changes.lock(session, change_id)
    row.approved_for, row.approval_refused = origin, False
    row.meet(None)
    return row


def _depart(
    session: Session,
    change: Change | None,
    browser: str,
    way: Way,
    *,
    public: bool = False,
) -> Departure:
    application = registration.known(session)
    ticket = trips.begin(
        session,
        Purpose.APPROVE,
        way,
        browser,
        # What begins on a page for everybody can approve a change, and no more.
        change_id=change.id if change and not public else None,
        serves=str(change.id) if change else "",
    )
    wanted = change.wanted if change else _usual(session)
    return partial(login.approve_url, application, state=ticket.state, scopes=wanted)


def _usual(session: Session) -> frozenset[str]:
    """Name what the workspace's own account needs, if nothing else is asked for."""
    return scopes.wanted(large=accounts.workspace(session).large_attachments)


def _covered(session: Session, issuer: Issuer, change: Change) -> bool:
    """Tell whether what is granted already is enough for a change."""
    connection = connections.find_for(session, change.account_id, issuer)
    if connection is None:
        return False
    own = connection.owns(change.sender or "")
    return not change.missing(connection.scopes, own=own)


def _is_standing(session: Session, given: str) -> bool:
    known = link(session).encode()
    return bool(known) and hmac.compare_digest(known, given.encode(errors="replace"))


def _refuse(trip: Trip, error: IssuerError) -> None:
    if trip.change_id is None:
        return
    with db.session() as session:
        row = changes.lock(session, trip.change_id)
        row.meet(error)
        # Whoever cannot approve it sends the link to somebody who can.
        row.approval_refused = not isinstance(error, Unreachable)
