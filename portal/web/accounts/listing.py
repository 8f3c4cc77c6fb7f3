"""All mail accounts: how each sends, as whom, and whether it can."""

from dataclasses import dataclass

from flask import Blueprint, render_template

from portal import db
from portal.errors import NotFound
from portal.explanations import Told
from portal.web.session import guard
from portal.workspace import accounts, connections, senders, standing
from portal.workspace.accounts import Account, Server, servers
from portal.workspace.standing import Outline

bp = Blueprint("accounts", __name__)
guard.admins_only(bp, home="/accounts")

ACTIVE, OFF, RECONNECT = "Active", "Off", "Reconnect needed"
STATES = {
    Outline.NOT_CONNECTED: "Not connected",
    Outline.CONNECTED: "Connected",
    Outline.NEEDS_ATTENTION: "Needs attention",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One account of the list."""

    account: Account
    senders: str  # all that it sends as
    state: str  # as badges call it
    told: Told | None  # why somebody must act
    username: str  # who signed in, or as whom we sign in; "" for nobody
    server: Server | None
    connected_as: str = ""  # who signed in


@bp.get("/accounts")
def index() -> str:
    """List all accounts, the oldest first."""
    with db.reading() as session:
        rows = [row(session, each) for each in accounts.every(session)]
    return render_template("accounts/index.html", rows=rows)


def row(session: db.Session, account: Account) -> Row:
    """Tell how an account stands."""
    outline, _ = standing.outline(session, account)
    connection = connections.find(session, account.id)
    server = _server(session, account)
    state = STATES[outline]
    if not account.by_consent and outline == Outline.CONNECTED:
        state = ACTIVE
    if account.by_consent and connection and connection.trouble:
        state = RECONNECT
    return Row(
        account=account,
        senders=senders.told(account.senders) or account.sender or "",
        state=state if account.enabled else OFF,
        told=standing.trouble(session, account) if account.enabled else None,
        username=(
            connection.username if connection else server.username if server else ""
        ),
        server=server,
        connected_as=connection.username if connection else "",
    )


def _server(session: db.Session, account: Account) -> Server | None:
    if not account.by_smtp:
        return None
    try:
        return servers.of(session, account.id)
    except NotFound:  # it was removed just now
        return None
