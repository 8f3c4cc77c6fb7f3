"""What became of a trip: told to the browser that made it, and to no other."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal import config, db, explanations, vault
from portal.errors import (
    CannotDecrypt,
    Conflict,
    IssuerError,
    NotAllowed,
    NotConnected,
    NotFound,
    PortalError,
)
from portal.explanations.own.consent import FASTER
from portal.issuer.refusals import IdentityRefused
from portal.mail.outbox import records
from portal.microsoft import aadsts
from portal.web.language import gettext as _
from portal.web.session import cookies, guard, leaving
from portal.web.settings import place
from portal.workspace import accounts, connections
from portal.workspace.accounts import servers
from portal.workspace.consent import approval, changes, connect, trips
from portal.workspace.consent.changes import Change, Stage
from portal.workspace.consent.trips import ConsentFailed, Ending, Kind, Purpose, Way
from portal.workspace.people import roles
from portal.workspace.registration import issuers

bp = Blueprint("trips", __name__)

DECLINED = 65004  # AADSTS; also said to whoever could not have approved
# What Microsoft says to whoever may not approve for everybody.
NOT_APPROVED = {
    *("access_denied", "consent_required", "permission_denied"),
    *(f"AADSTS{number}" for number in (*aadsts.UNAPPROVED, DECLINED)),
}


@bp.before_request
def unlock() -> None:
    if not vault.unlocked():
        raise CannotDecrypt


@bp.after_request
def keep(response: Response) -> Response:
    """Let the settings page see that the window it opened is closed."""
    return leaving.keep_opener(response)


@bp.get("/trips/over")
def over() -> ResponseReturnValue:
    """Tell whoever came back on a trip that nobody knows (any more)."""
    return render_template("trips/over.html"), 400


@bp.get("/trips/<uuid:trip_id>")
def show(trip_id: UUID) -> ResponseReturnValue:
    """Tell how a trip ended, and lead on from there."""
    ending, change = _find(trip_id)
    if ending.kind == Kind.REFUSED:
        return _refuse(ending), 403
    with db.reading() as session:
        more = _connected(session, change) if ending.kind == Kind.CONNECTED else {}
        more["again"] = _again(session, ending, change)
        more["approval_link"] = _approval_link(session, ending, change)
        more["issuer"] = issuers.named(session, change.account_id if change else None)
        more["at"] = place.of(session, change.account_id) if change else place.OWN
    page = render_template(
        "trips/show.html",
        ending=ending,
        told=explanations.tell(ending.reason, ending.cause),
        change=change,
        may_confirm=_may_confirm(ending, change),
        **more,
    )
    return page, 400 if ending.kind == Kind.FAILED else 200


@bp.post("/trips/<uuid:trip_id>/confirmation")
def confirm(trip_id: UUID) -> ResponseReturnValue:
    """Use the account that signed in on this trip."""
    ending, change = _find(trip_id)
    if change is not None and change.ended:  # it was pressed twice
        return redirect(f"/trips/{trip_id}", code=303)
    if change is None or not _may_confirm(ending, change):
        raise NotAllowed(_("A workspace admin confirms this in Tenant Settings."))
    person, shown = guard.signed_in(), request.form.get("proposal", "")
    try:
        connect.confirm(change.id, shown, person.called if person else change.asked_by)
        ending = replace(ending, kind=Kind.CONNECTED)
    except (ConsentFailed, Conflict) as error:
        ending = _not_confirmed(ending, change.id, error)
    with db.session() as session:
        trips.end(session, trip_id, ending)
    return redirect(f"/trips/{trip_id}", code=303)


def title(error: PortalError, issuer: str = "") -> str:
    """Say in a few words why a trip to an issuer failed."""
    match error:
        case ConsentFailed() | IdentityRefused():
            return _("This sign-in could not be used")
        case IssuerError():
            away, refused = _("%(name)s does not answer"), _("%(name)s said no")
            return (away if error.passing else refused) % {"name": issuer}
        case NotConnected():
            return _("No application is registered")
        case _:
            return _("Somebody was faster")


def cause(error: PortalError) -> str:
    """Name the explanation of that; of two who decide the second learns who did."""
    return FASTER.name if isinstance(error, Conflict) else error.cause


def _not_confirmed(ending: Ending, change_id: UUID, error: PortalError) -> Ending:
    """Tell why it is not in force, unless another press of the button was faster."""
    with db.reading() as session:
        if changes.find(session, change_id).stage == Stage.APPLIED:
            return replace(ending, kind=Kind.CONNECTED)
    failed = replace(ending, kind=Kind.FAILED, title=title(error))
    return replace(failed, reason=str(error), cause=cause(error))


def _find(trip_id: UUID) -> tuple[Ending, Change | None]:
    with db.reading() as session:
        ending = trips.ending(session, trip_id, cookies.read("browser"))
        if ending.change_id is None:
            return ending, None
        return ending, changes.find(session, ending.change_id)


def _may_confirm(ending: Ending, change: Change | None) -> bool:
    """An admin may, and by the operator's link whoever holds it."""
    if change is None or change.proposal is None or ending.kind != Kind.PROPOSED:
        return False
    by_link = change.by_operator and ending.way == Way.LINK
    return by_link or guard.signed_in() is not None


def _refuse(ending: Ending) -> str:
    with db.reading() as session:
        admins = roles.admins(session)
    return render_template(
        "sign-in/forbidden.html",
        username=ending.username,
        admins=admins,
        reason=ending.reason,
    )


def _connected(session: db.Session, change: Change | None) -> dict[str, Any]:
    """Tell what is in force; raise NotFound if that is something else by now."""
    account = accounts.by_id(session, change.account_id) if change else None
    connection = connections.find(session, account.id) if account else None
    ended_at = change.ended_at if change else None
    if not (account and account.sender and connection and ended_at):
        raise NotFound(_("This mailbox has been disconnected since."))
    if connection.connected_at > ended_at:  # whoever sends now is not who was here
        raise NotFound(_("This mailbox has been disconnected since."))
    submits = account.submits
    mailbox = servers.of(session, account.id).username if submits else ""
    return {
        "connection": connection,
        "sender": account.sender,
        "service": account.provider.called,
        "waiting": records.waiting(session, account.id),
        "needs_send_as": not submits and not connection.owns(account.sender),
        "mailbox": mailbox,
        "needs_full_access": submits and not connection.owns(mailbox),
    }


def _again(session: db.Session, ending: Ending, change: Change | None) -> str:
    """Return where the same begins once more; "" if that is of no use."""
    done = ending.kind in (Kind.CONNECTED, Kind.APPROVED)
    if done or not ending.again or (change and change.ended):
        return ""
    if ending.purpose == Purpose.SIGN_IN:
        return "/sign-in"
    return _way_back(session, ending, change)


def _way_back(session: db.Session, ending: Ending, change: Change | None) -> str:
    if change is None:
        return f"/approve/{approval.link(session)}"
    if ending.way == Way.ADMIN:
        return f"/consent/{change.id}"
    approves = ending.purpose == Purpose.APPROVE
    link = change.approval_link if approves else change.link
    return f"/{'approve' if approves else 'connect'}/{link}"


def _approval_link(session: db.Session, ending: Ending, change: Change | None) -> str:
    """Return what an admin of the organization approves by, if that was missing."""
    if ending.answer.code not in NOT_APPROVED or (change and change.ended):
        return ""
    if change and not approval.possible(session, change):
        return ""
    link = change.approval_link if change else approval.link(session)
    return f"{config.current().base_url}/approve/{link}" if link else ""
