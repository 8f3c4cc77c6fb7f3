"""The page at the root: whether all is well, and nothing about whose portal it is."""

from dataclasses import dataclass
from enum import StrEnum

from flask import Blueprint, render_template

from portal import db, vault
from portal.mail import lanes, records
from portal.workspace import accounts, connections, registration

bp = Blueprint("home", __name__)


class State(StrEnum):
    """How far the way to Microsoft is open."""

    NOT_REGISTERED = "Not registered"  # no app registration yet
    NOT_CONNECTED = "Not connected"  # nobody gave consent yet
    CONNECTED = "Connected"
    NEEDS_ATTENTION = "Needs attention"  # connected, but a human must act
    CANNOT_DECRYPT = "Can't decrypt"  # the key does not fit this database


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What anybody may know who reaches this page."""

    state: State
    waiting: int = 0  # messages


@bp.get("/")
def index() -> str:
    """Say that the portal runs, what is safe, and what to do next."""
    now = standing()
    return render_template("home/index.html", state=now.state, waiting=now.waiting)


def standing() -> Standing:
    """Find out how far the way is open, and how much waits for it."""
    if not vault.unlocked():
        return Standing(state=State.CANNOT_DECRYPT)
    with db.reading() as session:
        return Standing(state=_state(session), waiting=records.waiting(session))


def _state(session: db.Session) -> State:
    account = accounts.find(session)
    if connection := connections.find(session, account.id):
        held = lanes.holding(session, account.id) or connection.trouble
        stuck = records.stuck(session)
        return State.NEEDS_ATTENTION if held or stuck else State.CONNECTED
    registered = registration.current(session)
    return State.NOT_CONNECTED if registered else State.NOT_REGISTERED
