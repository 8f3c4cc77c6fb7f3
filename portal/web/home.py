"""The page at the root: whether all is well.

Who is signed in finds the overview there; others learn nothing of whose portal it is.
"""

from flask import Blueprint, render_template, request

from portal import db, vault
from portal.web.overview import page
from portal.web.session import guard
from portal.workspace import standing
from portal.workspace.standing import State

bp = Blueprint("home", __name__)


@bp.get("/")
def index() -> str:
    """Say that the portal runs, what is safe, and what to do next."""
    if not vault.unlocked():
        return _page(State.CANNOT_DECRYPT, 0)
    if guard.signed_in():
        return page.show(request.args.get("period", ""))
    with db.reading() as session:
        now = standing.now(session)
    return _page(now.state, now.waiting)


def _page(state: State, waiting: int) -> str:
    return render_template("home/index.html", state=state, waiting=waiting)
