"""All mail accounts: how each sends, as whom, and whether it can."""

from dataclasses import dataclass

from flask import Blueprint, render_template

from portal import db
from portal.explanations import Told
from portal.mail.tally import depth
from portal.web.session import guard
from portal.workspace import accounts, senders, standing
from portal.workspace.accounts import Account, Server, servers
from portal.workspace.standing import Brief, Outline

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
        every, waiting = accounts.every(session), depth.waiting(session)
        since = {each: known.since for each, known in waiting.items() if known.since}
        briefs = standing.briefs(session, every, since)
        known = servers.every(session)
    rows = [_row(each, briefs[each.id], known.get(each.id)) for each in every]
    return render_template("accounts/index.html", rows=rows)


def row(session: db.Session, account: Account) -> Row:
    """Tell how an account stands."""
    server = servers.shown(session, account.id)
    return _row(account, standing.brief(session, account), server)


def _row(account: Account, brief: Brief, server: Server | None) -> Row:
    connection = brief.connection
    state = STATES[brief.outline]
    if not account.by_consent and brief.outline == Outline.CONNECTED:
        state = ACTIVE
    if account.by_consent and connection and connection.trouble:
        state = RECONNECT
    return Row(
        account=account,
        senders=senders.told(account.senders) or account.sender or "",
        state=state if account.enabled else OFF,
        told=brief.told if account.enabled else None,
        username=(
            connection.called if connection else server.username if server else ""
        ),
        server=server,
        connected_as=connection.called if connection else "",
    )
