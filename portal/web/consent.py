"""The connection link, and the address that Microsoft sends browsers back to."""

import secrets

from flask import (
    Blueprint,
    Response,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from portal import config, db, vault
from portal.errors import CannotDecrypt, NotFound
from portal.workspace.consent import trips
from portal.workspace.consent.trips import Callback, ConsentFailed

bp = Blueprint("consent", __name__)

BROWSER_BYTES = 32


@bp.get("/connect/<link>")
def connect(link: str) -> ResponseReturnValue:
    """Send whoever holds a connection link on a trip to Microsoft."""
    if not vault.unlocked():
        raise CannotDecrypt
    browser = request.cookies.get(_cookie()) or secrets.token_urlsafe(BROWSER_BYTES)
    try:
        with db.session() as session:
            address = trips.depart(session, link, browser)
    except NotFound:
        return render_template("consent/link-ended.html"), 404
    response = redirect(address)
    secure = config.current().base_url.startswith("https://")
    response.set_cookie(
        _cookie(),
        browser,
        max_age=trips.LIFE,
        secure=secure,
        httponly=True,
        samesite="Lax",  # Strict would not come back from Microsoft with the browser
    )
    return response


@bp.get("/callback")
def callback() -> ResponseReturnValue:
    """Take back whoever returns from Microsoft, and say how it ended."""
    if not vault.unlocked():
        raise CannotDecrypt
    brought = Callback(
        state=request.args.get("state", ""),
        browser=request.cookies.get(_cookie(), ""),
        code=request.args.get("code", ""),
        error=request.args.get("error", ""),
        error_description=request.args.get("error_description", ""),
    )
    try:
        connected = trips.arrive(brought)
    except ConsentFailed as failed:
        return _returned(_failed(failed)), 400
    page = render_template(
        "consent/succeeded.html",
        username=connected.connection.username,
        sender=connected.sender,
        scopes=sorted(connected.connection.scopes),
        needs_send_as=connected.needs_send_as,
        held=connected.waiting,
    )
    return _returned(page)


def _failed(failed: ConsentFailed) -> str:
    again = url_for("consent.connect", link=failed.link) if failed.link else None
    return render_template(
        "consent/failed.html",
        title=failed.title,
        reason=str(failed),
        code=failed.code,
        again=again,
    )


def _returned(page: str) -> Response:
    """Answer at the callback; the code in its address goes nowhere from here."""
    response = make_response(page)
    response.headers["Referrer-Policy"] = "no-referrer"
    # The page that opened this window keeps its hold on it.
    response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response


def _cookie() -> str:
    """Name the cookie that knows a browser again; on https no subdomain can set it."""
    secure = config.current().base_url.startswith("https://")
    return "__Host-browser" if secure else "browser"
