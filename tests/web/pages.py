"""Every page in every state it has, and a small app that shows them.

The states come from here, not from the database, so that a page can be looked at before
anything makes it happen; whatever looks at all pages loops over `PAGES`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from flask import Flask, render_template
from werkzeug.serving import WSGIRequestHandler, make_server

from portal.web import language, security
from tests.web import CHECKOUT

SCOPES = ["Mail.Send", "Mail.Send.Shared", "offline_access", "openid", "profile"]
CONNECTED: dict[str, Any] = {
    "username": "reports@contoso.example",
    "sender": "reports@contoso.example",
    "scopes": SCOPES,
    "needs_send_as": False,
    "held": 0,
}
DECLINED: dict[str, Any] = {
    "title": "The consent was declined",
    "reason": "Somebody pressed Cancel on Microsoft’s page.",
    "code": "access_denied: AADSTS65004 · trace 3c8f0e52-9b1d-4d4a-8a3e-1f60a7f5c2b1",
    "again": "/consent/4f1Nq-Vd2s0",
}
LONG = "a.very.long.name.of.a.shared.mailbox.nobody.wants.to.type@subsidiary.example"

PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "home-not-registered": (
        "home/index.html",
        {"state": "Not registered", "waiting": 0},
    ),
    "home-not-connected": (
        "home/index.html",
        {"state": "Not connected", "waiting": 1},
    ),
    "home-connected": ("home/index.html", {"state": "Connected", "waiting": 1284}),
    "home-cannot-decrypt": (
        "home/index.html",
        {"state": "Can't decrypt", "waiting": 0},
    ),
    "home-needs-attention": (
        "home/index.html",
        {"state": "Needs attention", "waiting": 3},
    ),
    "succeeded": ("consent/succeeded.html", CONNECTED),
    "succeeded-held": ("consent/succeeded.html", {**CONNECTED, "held": 3}),
    "succeeded-send-as": (
        "consent/succeeded.html",
        {**CONNECTED, "sender": "noreply@contoso.example", "needs_send_as": True},
    ),
    "succeeded-long": (
        "consent/succeeded.html",
        {**CONNECTED, "sender": LONG, "needs_send_as": True, "held": 12500},
    ),
    "failed": ("consent/failed.html", DECLINED),
    "failed-bare": ("consent/failed.html", {**DECLINED, "code": "", "again": None}),
    "link-ended": ("consent/link-ended.html", {}),
    **{
        f"error-{status}": ("errors/error.html", {"status": status})
        for status in (400, 403, 404, 405, 409, 413, 500, 503, 418)
    },
    "error-explained": (
        "errors/error.html",
        {"status": 403, "title": "For admins only", "reason": "You are not one."},
    ),
    "signed-in": (
        "errors/error.html",
        {"status": 404, "signed_in": "admin@contoso.example", "needing": 2},
    ),
}


def make_app() -> Flask:
    """Set up an app that shows each page of `PAGES` at its name."""
    app = Flask(
        __name__,
        template_folder=str(CHECKOUT / "templates"),
        static_folder=str(CHECKOUT / "static"),
    )
    app.jinja_env.globals["csrf_token"] = lambda: "of no importance here"
    language.init_app(app)
    security.init_app(app)
    app.add_url_rule("/pages/<name>", view_func=show)
    return app


def show(name: str) -> str:
    template, context = PAGES[name]
    return render_template(template, **context)


class Silent(WSGIRequestHandler):
    """Serves without telling."""

    def log(self, type: str, message: str, *args: object) -> None:
        """Named by werkzeug."""


@contextmanager
def served() -> Iterator[str]:
    """Serve the pages on a free port of this machine; gives the address."""
    server = make_server(
        "127.0.0.1", 0, make_app(), threaded=True, request_handler=Silent
    )
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
