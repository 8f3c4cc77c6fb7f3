"""The page at the root: whether all is well, and nothing about whose portal it is."""

from flask import Blueprint, render_template

from portal import db, vault
from portal.workspace import standing
from portal.workspace.standing import State

bp = Blueprint("home", __name__)


@bp.get("/")
def index() -> str:
    """Say that the portal runs, what is safe, and what to do next."""
    if not vault.unlocked():
        return _page(State.CANNOT_DECRYPT, 0)
    with db.reading() as session:
        now = standing.now(session)
    return _page(now.state, now.waiting)


def _page(state: State, waiting: int) -> str:
    return render_template("home/index.html", state=state, waiting=waiting)
