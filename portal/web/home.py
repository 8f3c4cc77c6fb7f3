"""The page at the root: the overview, for workspace admins.

Others learn that the portal runs, and how it is set up as long as nobody can sign in.
"""

from flask import Blueprint, render_template, request

from portal import db, vault
from portal.web.overview import page
from portal.web.session import guard
from portal.workspace import registration
from portal.workspace.standing import State

bp = Blueprint("home", __name__)


@bp.get("/")
def index() -> str:
    """Show how all stands to admins, and nothing of it to strangers."""
    if not vault.unlocked():
        return _page(State.CANNOT_DECRYPT)
    if guard.signed_in():
        return page.show(request.args.get("period", ""))
    with db.reading() as session:
        _tenant, client_id = registration.named(session)
    return _page(None if client_id else State.NOT_REGISTERED)


def _page(state: State | None) -> str:
    """Show what waits for the operator; None: nothing does."""
    return render_template("home/index.html", state=state)
