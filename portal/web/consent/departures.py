"""The ways to an issuer: for an admin who is signed in here."""

from uuid import UUID

from flask import Blueprint, redirect
from flask.typing import ResponseReturnValue

from portal import db
from portal.issuer import Departure
from portal.web.session import guard, leaving
from portal.web.settings import place
from portal.workspace.consent import approval, changes, connect
from portal.workspace.consent.trips import Way

bp = Blueprint("consent", __name__)
guard.admins_only(bp, home="/settings")


@bp.get("/consent/<uuid:change_id>")
def depart(change_id: UUID) -> ResponseReturnValue:
    """Take a change one step further: to its approval, or to the sign-in."""
    with db.reading() as session:
        change = changes.find(session, change_id)
        page = place.of(session, change.account_id)
    if change.ended:
        return redirect(f"{page}?change={change_id}", code=303)

    def begin(session: db.Session, browser: str) -> Departure:
        unapproved = approval.needed(session, change)
        depart = approval.depart if unapproved else connect.depart
        return depart(session, change, browser, Way.ADMIN)

    return leaving.send(begin)
