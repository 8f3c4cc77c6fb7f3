"""Puts the house together as a Flask application."""

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Flask, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf import CSRFProtect  # type: ignore[import-untyped]
from werkzeug.exceptions import HTTPException

from portal import config, vault
from portal.config import Config
from portal.errors import (
    CannotDecrypt,
    Conflict,
    DatabaseAway,
    IssuerError,
    NoRoom,
    NotAllowed,
    NotConnected,
    NotFound,
    PortalError,
)
from portal.intake import http
from portal.web import (
    health,
    home,
    language,
    metrics,
    microsoft,
    security,
    sign_in,
    verification,
)
from portal.web.access import audit, keys, limits, revocation
from portal.web.accounts import account, listing, signing, trial
from portal.web.accounts import test_mail as account_test_mail
from portal.web.alerts import channels
from portal.web.consent import arrivals, departures, links, trips
from portal.web.log import export, news, retention
from portal.web.log import index as log
from portal.web.messages import choices, message, search, several
from portal.web.session import cookies, surroundings
from portal.web.settings import decisions, pending, place, test_mail, wishes
from portal.web.setup import saving as setup
from portal.workspace import house

FORM_LIMIT = 1_000_000  # bytes; a door sets its own
PACKAGE = Path(__file__).parent
# Programs reach these under whatever name they know us by.
FOR_PROGRAMS = ("/api/", "/healthz", "/readyz", "/metrics", "/static/")
DEFAULT_PORTS = {"http": ":80", "https": ":443"}
IN_QUERY = "%=&+/:?@!$'()*,;"  # stays as it came; whatever else is quoted
BLUEPRINTS = (
    *(home.bp, health.bp, metrics.bp, http.bp),
    *(sign_in.bp, setup.bp),
    *(departures.bp, links.bp, arrivals.bp, trips.bp),
    *(search.bp, message.bp, choices.bp, several.bp),
    *(log.bp, export.bp, news.bp, retention.bp),
    *(keys.bp, limits.bp, revocation.bp, audit.bp),
    channels.bp,
    *(listing.bp, account.bp, signing.bp, trial.bp, account_test_mail.bp),
    verification.page.bp,
)
SETTINGS = (wishes.bp, pending.bp, decisions.bp, test_mail.bp)
STATUS: dict[type[PortalError], int] = {
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    NotConnected: 409,
    IssuerError: 502,
    NoRoom: 507,
}


class Portal(Flask):
    """Flask, but for its log: an address may hold a secret, its rule does not."""

    def log_exception(self, exc_info: Any) -> None:
        rule = request.url_rule or "an unknown address"
        self.logger.error(
            "Exception on %s [%s]", rule, request.method, exc_info=exc_info
        )


def create_app(settings: Config | None = None) -> Flask:
    """Open the house and return its web application."""
    settings = settings or config.current()
    config.use(settings)
    house.open_up(settings)
    app = Portal(
        "portal",
        template_folder=_folder("templates"),
        static_folder=_folder("static"),
    )
    # Where an id is empty, an address must not lead to what is done to all of them.
    app.url_map.merge_slashes = False
    app.config.update(
        MAX_CONTENT_LENGTH=FORM_LIMIT,
        SECRET_KEY=_secret_key(),
        WTF_CSRF_TIME_LIMIT=None,  # it ends with the session that it belongs to
    )
    for room in (language, microsoft, security, cookies, surroundings):
        room.init_app(app)
    csrf = CSRFProtect(app)
    csrf.exempt(http.bp)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    for blueprint in SETTINGS:
        place.register(app, blueprint)
    app.before_request(_redirect_to_base_url)
    _explain_errors(app)
    return app


def _explain_errors(app: Flask) -> None:
    app.register_error_handler(HTTPException, _refuse)
    app.register_error_handler(CannotDecrypt, _cannot_decrypt)
    app.register_error_handler(DatabaseAway, _database_away)
    for kind in STATUS:
        app.register_error_handler(kind, _tell)


def _folder(name: str) -> str:
    """Find templates and static files: in the wheel, else in the checkout."""
    packed = PACKAGE / name
    return str(packed if packed.is_dir() else config.CHECKOUT / name)


def _secret_key() -> bytes:
    """Sign cookies with a key that all processes share, and that no file holds."""
    if not vault.unlocked():
        return secrets.token_bytes(32)
    return vault.fingerprint("cookies", [])


def _redirect_to_base_url() -> ResponseReturnValue | None:
    """Keep browsers at one address: cookies and Microsoft's redirect belong to it."""
    base = config.current().base_url
    if request.path.startswith(FOR_PROGRAMS) or _at(base):
        return None
    asked = base + quote(request.path)
    if request.query_string:
        asked += f"?{quote(request.query_string, safe=IN_QUERY)}"
    return redirect(asked, code=308)


def _at(base: str) -> bool:
    """Tell whether we were asked for by the name in this address."""
    scheme, name = urlsplit(base)[:2]
    port = DEFAULT_PORTS[scheme]
    asked, known = request.host.lower(), name.lower()
    return asked.removesuffix(port) == known.removesuffix(port)


def _refuse(error: HTTPException) -> ResponseReturnValue:
    if request.path.startswith("/api/"):
        return http.refuse_request(error)
    status = error.code or 500
    page = render_template("errors/error.html", status=status)
    response = error.get_response()
    response.set_data(page)
    response.content_type = "text/html; charset=utf-8"
    return response


def _database_away(_: DatabaseAway) -> ResponseReturnValue:
    return render_template("errors/away.html"), 503


def _cannot_decrypt(_: CannotDecrypt) -> ResponseReturnValue:
    return render_template("errors/error.html", status=503), 503


def _tell(error: PortalError) -> ResponseReturnValue:
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    page = render_template(
        "errors/error.html",
        status=status,
        title=None,
        reason=language.said(error),
        raw=error.answer.raw,
    )
    return page, status
