"""The roof of the sandbox: one application out of sign-in, Graph and pages."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from cryptography import x509
from flask import Flask, Response, abort, request

from portal.sandbox import traffic
from portal.sandbox.google import authorize as google_authorize
from portal.sandbox.google import discovery
from portal.sandbox.google import tokens as google_tokens
from portal.sandbox.graph import send
from portal.sandbox.graph.limits import Throttle
from portal.sandbox.graph.messages import busy, files, found, keep, uploads
from portal.sandbox.login import devices, keys, tokens
from portal.sandbox.login.clients import Registration
from portal.sandbox.login.pages import approval, authorize, device
from portal.sandbox.pages import door, errors, mailboxes, switches
from portal.sandbox.store import Store

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
LOGIN = (keys, authorize, approval, device, devices, tokens)
GRAPH = (send, keep, found, files, uploads)
GOOGLE = (discovery, google_authorize, google_tokens)
PAGES = (mailboxes, switches, door, errors)
TOKENS = ("tokens.token", "google_tokens.token", "google_tokens.revoke")
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def create_app(
    *,
    state: Path | None,
    redirect_uris: Sequence[str],
    base_url: str,
    certificate: bytes | None = None,
) -> Flask:
    """Make a Microsoft and a Google that remember in `state`, or with the process.

    `redirect_uris` and `certificate` (PEM) are what the registered application has;
    `base_url` is where this application will be reached. One process may serve it, with
    any number of threads.
    """
    app = Flask(__name__)
    store = Store(state)
    app.extensions["sandbox.store"] = store
    app.extensions["sandbox.throttle"] = Throttle()
    app.extensions["sandbox.traffic"] = traffic.fresh()
    app.extensions["sandbox.busy"] = busy.Busy()
    app.extensions["sandbox.registration"] = Registration(
        redirect_uris=tuple(redirect_uris),
        base_url=base_url.rstrip("/"),
        signing_key=keys.load(store),
        certificate=x509.load_pem_x509_certificate(certificate)
        if certificate
        else None,
    )
    app.jinja_env.globals["portal_url"] = _origin(redirect_uris)
    app.before_request(_refuse_strangers)
    app.after_request(_protect)
    app.after_request(traffic.note)
    for room in (*LOGIN, *GRAPH, *GOOGLE, *PAGES):
        app.register_blueprint(room.bp)
    return app


def _origin(redirect_uris: Sequence[str]) -> str:
    """Return where the portal is: one page above its first callback."""
    return urljoin(redirect_uris[0], "/") if redirect_uris else "/"


def _refuse_strangers() -> None:
    """Refuse forms that another site's page sent, so that none presses our buttons.

    Entra answers a token request with an Origin by itself.
    """
    origin = request.headers.get("Origin", "null")
    form = request.method == "POST" and request.mimetype in FORMS
    strange = origin != "null" and urlsplit(origin).netloc != request.host
    if form and strange and request.endpoint not in TOKENS:
        abort(403)


def _protect(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
