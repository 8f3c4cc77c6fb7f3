"""The ways to an issuer for whoever holds a link, in anybody's browser."""

from flask import Blueprint, make_response, render_template
from flask.typing import ResponseReturnValue

from portal import db
from portal.errors import NotFound
from portal.issuer import Departure
from portal.web.session import leaving
from portal.workspace.consent import approval, changes, connect
from portal.workspace.consent.trips import Way

bp = Blueprint("links", __name__)


@bp.get("/connect/<link>")
def connect_mailbox(link: str) -> ResponseReturnValue:
    """Send the mailbox's user to sign in."""

    def begin(session: db.Session, browser: str) -> Departure:
        change = changes.follow(session, link)
        return connect.depart(session, change, browser, Way.LINK)

    return leaving.send(begin)


@bp.get("/approve/<link>")
def approve(link: str) -> ResponseReturnValue:
    """Send the organization's admin to approve the permissions at Microsoft."""

    def begin(session: db.Session, browser: str) -> Departure:
        return approval.depart_by_link(session, link, browser)

    return leaving.send(begin)


@bp.get("/consent/waiting")
def waiting() -> ResponseReturnValue:
    """Fill the window that was opened for an issuer until it is sent there."""
    return leaving.keep_opener(make_response(render_template("consent/waiting.html")))


@bp.errorhandler(NotFound)
def ended(_: NotFound) -> ResponseReturnValue:
    return render_template("consent/link-ended.html"), 404
