"""Alive, and able to accept: for load balancers and supervisors.

Whether mail can be *sent* is told elsewhere: a revoked token must not take the page
away that repairs it.
"""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from portal import accept, db, vault

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def alive() -> ResponseReturnValue:
    return {"status": "alive"}


@bp.get("/readyz")
def ready() -> ResponseReturnValue:
    """Tell whether a message would be accepted now."""
    if not vault.unlocked():
        return {"status": "cannot decrypt"}, 503
    if not db.answers():
        return {"status": "no database"}, 503
    if not accept.roomy():
        return {"status": "no room"}, 503
    return {"status": "ready"}
