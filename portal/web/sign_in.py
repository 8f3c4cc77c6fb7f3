"""Signing in and out. How a sign-in ends is told by the pages of its trip."""

from functools import partial

from flask import (
    Blueprint,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
)
from flask.typing import ResponseReturnValue

from portal import config, db, vault
from portal.errors import CannotDecrypt
from portal.microsoft.login import Registration
from portal.web.language import gettext as _
from portal.web.session import cookies, guard, leaving
from portal.workspace import accounts, registration
from portal.workspace.consent import approval, changes
from portal.workspace.consent.changes import Stage
from portal.workspace.people import roles
from portal.workspace.people import sign_in as signing_in

bp = Blueprint("sign_in", __name__)


@bp.get("/sign-in")
def index() -> ResponseReturnValue:
    """Lead to Microsoft, or on if somebody is signed in already."""
    if not vault.unlocked():
        raise CannotDecrypt
    wanted = signing_in.local(request.args.get("next", signing_in.HOME))
    if guard.signed_in():
        return redirect(wanted, code=303)
    with db.reading() as reading:
        chosen = registration.current(reading)
        link = approval.link(reading)
        change = changes.pending(reading, accounts.workspace(reading).id)
        named = roles.admins(reading)
    return render_template(
        "sign-in/index.html",
        registered=chosen is not None,
        nobody=chosen is not None and not named,
        from_environment=registration.from_environment(),
        next=wanted,
        approval_link=f"{config.current().base_url}/approve/{link}" if link else "",
        waits=change is not None and change.stage == Stage.WAITING,
        organization=_domain(chosen),
    )


@bp.get("/sign-in/start")
def start() -> ResponseReturnValue:
    """Send whoever wants to sign in to Microsoft."""
    wanted = request.args.get("next", signing_in.HOME)
    return leaving.send(partial(signing_in.depart, next_path=wanted))


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session of this browser."""
    if secret := cookies.read("session"):
        with db.session() as writing:
            signing_in.leave(writing, secret)
    session.clear()
    flash(_("You are signed out."))
    response = make_response(redirect("/sign-in", code=303))
    cookies.take(response, "session")
    return response


def _domain(chosen: Registration | None) -> str:
    """Return the organization by a name that people know, if there is one."""
    if chosen is None or registration.is_guid(chosen.tenant):
        return ""
    return chosen.tenant
