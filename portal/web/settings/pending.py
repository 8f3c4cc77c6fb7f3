"""A pending change: how far it has come, whose account it is to use, or its end."""

from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from portal import db
from portal.errors import Conflict, NotFound
from portal.web.language import gettext as _
from portal.web.language import said
from portal.web.session import guard
from portal.web.settings import page, place
from portal.workspace.consent import changes, connect
from portal.workspace.consent.changes import Change
from portal.workspace.consent.trips import ConsentFailed

bp = Blueprint("pending", __name__)
guard.admins_only(bp, home="/settings")
bp.url_value_preprocessor(place.keep)


@bp.get("/progress")
def progress() -> ResponseReturnValue:
    """Tell a page that waits how far a change has come."""
    try:
        change_id = UUID(request.args.get("change", ""))
        with db.reading() as session:
            change = page.told(session, place.account(session), change_id)
    except (ValueError, NotFound):
        return {"errors": {"": _("There is no such change.")}}, 404
    return {"news": page.news(change), "settings": place.here(f"?change={change.id}")}


@bp.post("/proposal")
def use() -> ResponseReturnValue:
    """Use the account that signed in."""
    change = _pending()
    if change is None:
        return _gone()
    try:
        shown = request.form.get("proposal", "")
        connect.confirm(change.id, shown, guard.admin().called)
    except (Conflict, ConsentFailed) as error:
        flash(said(error), "warn")
        return redirect(place.here(), code=303)
    return redirect(place.here(f"?change={change.id}"), code=303)


@bp.post("/change/discard")
def discard() -> ResponseReturnValue:
    """Give up what waits."""
    change = _pending()
    if change is None:
        return _gone()
    with db.session() as session:
        changes.discard(session, change.id, guard.admin().called)
    return redirect(place.here(f"?change={change.id}"), code=303)


def _pending() -> Change | None:
    """Return what waits, if it is what the form was shown for."""
    with db.reading() as session:
        change = changes.pending(session, place.account(session).id)
    shown = request.form.get("change", "")
    return change if change and shown == str(change.id) else None


def _gone() -> ResponseReturnValue:
    """Tell what became of the change that the form was shown for."""
    shown = urlencode({"change": request.form.get("change", "")})
    return redirect(place.here(f"?{shown}"), code=303)
