"""Every page in every state it has, and a small app that shows them.

The states come from here, not from the database, so that a page can be looked at before
anything makes it happen; whatever looks at all pages loops over `PAGES`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Thread
from types import SimpleNamespace
from typing import Any

from flask import Flask, flash, render_template
from werkzeug.serving import WSGIRequestHandler, make_server

from portal.web import language, security
from portal.workspace.consent.changes import Stage
from portal.workspace.consent.trips import Ending, Kind, Purpose, Way
from tests.web import CHECKOUT
from tests.web.standings import (
    ADMIN,
    ALEX,
    APPLIED,
    BY_REPORTS,
    FIRST,
    LONG,
    NOREPLY,
    PORTAL,
    REPORTS,
    SEND_AS,
    SETTINGS,
    WELL,
    field,
    form,
    proposed,
    settings,
)

TEST = form(
    to=field("to", ADMIN),
    subject=field("subject", "TEST MESSAGE!"),
    text=field("text", "ATTENTION: THIS IS A TEST MESSAGE!"),
)
VERDICT = SimpleNamespace(
    kind="sent",
    to=ADMIN,
    cause="",
    reason="",
    command="",
    took="0.84 s",
    sender=NOREPLY,
    username=REPORTS,
    request_id="0f0c9f7e-3ad4-4f8c-8d63-6a1d5b1c9e21",
    internet_message_id="<01JD5K8Q2M@portal.contoso.example>",
    status="202",
    code="",
    text="",
    again="/settings/test",
)
REFUSED = SimpleNamespace(
    **{
        **vars(VERDICT),
        "kind": "failed",
        "cause": "no Send As right",
        "reason": f"{REPORTS} may not send as {NOREPLY}. The sign-in and the permissions"
        " are fine; one right is missing in Exchange.",
        "command": SEND_AS,
        "status": "403",
        "code": "ErrorSendAsDenied",
        "text": "The user account which was used to submit this request does not have"
        " the right to send mail on behalf of the specified sending account.",
        "internet_message_id": "",
    }
)
UNTOLD = {"approval_link": "", "again": "", "may_confirm": False, "change": None}


def trip(kind: Kind, way: Way = Way.LINK, **told: str) -> Ending:
    return Ending(kind=kind, purpose=Purpose.CONNECT, way=way, **told)


def connected(sender: str = REPORTS, waiting: int = 0) -> dict[str, Any]:
    return {
        **UNTOLD,
        "ending": trip(Kind.CONNECTED),
        "connection": BY_REPORTS,
        "sender": sender,
        "waiting": waiting,
        "needs_send_as": sender != REPORTS,
    }


DECLINED = {
    **UNTOLD,
    "ending": trip(
        Kind.FAILED,
        title="The consent was declined",
        reason="Somebody pressed Cancel on Microsoft’s page.",
        code="access_denied: AADSTS65004 · trace 3c8f0e52-9b1d-4d4a-8a3e-1f60a7f5c2b1",
    ),
    "again": "/connect/4f1Nq-Vd2s0",
}
PROPOSED = {
    **UNTOLD,
    "ending": trip(Kind.PROPOSED),
    "change": proposed(NOREPLY),
    "again": "/connect/4f1Nq-Vd2s0",
}
TRIPS: dict[str, dict[str, Any]] = {
    "succeeded": connected(),
    "succeeded-held": connected(waiting=3),
    "succeeded-send-as": connected(NOREPLY),
    "succeeded-long": connected(LONG, 12500),
    "succeeded-admin": {**connected(waiting=3), "signed_in": ADMIN, "change": APPLIED},
    "failed": DECLINED,
    "failed-bare": {
        **DECLINED,
        "ending": trip(Kind.FAILED, reason="Something was missing."),
        "again": "",
    },
    "failed-approval": {
        **DECLINED,
        "ending": trip(
            Kind.FAILED,
            title="An administrator has to approve",
            reason="Microsoft lets only an administrator consent to this.",
        ),
        "approval_link": f"{PORTAL}/approve/tZ4kYw9eR5uJd3GhC7oBmQ",
    },
    "proposed": {**PROPOSED, "may_confirm": True},
    "proposed-thanks": PROPOSED,
    "proposed-decided": {**PROPOSED, "change": APPLIED},
    "approved": {**UNTOLD, "ending": trip(Kind.APPROVED)},
    "approved-go-on": {
        **UNTOLD,
        "ending": trip(Kind.APPROVED, Way.ADMIN),
        "again": "/consent/0193a8a2",
        "signed_in": ADMIN,
        "change": replace(FIRST, stage=Stage.APPROVED),
    },
}
SIGN_IN: dict[str, Any] = {
    "registered": True,
    "next": "/settings?change=1",
    "approval_link": f"{PORTAL}/approve/tZ4kYw9eR5uJd3GhC7oBmQ",
    "organization": "contoso.example",
}
SETUP: dict[str, Any] = {
    "form": form(
        tenant=field("tenant"),
        client_id=field("client_id"),
        secret=field("secret"),
        certificate=field("certificate"),
        admin=field("admin"),
    ),
    "redirect_uri": f"{PORTAL}/callback",
    "from_environment": False,
    "registered": False,
    "connected": False,
    "needs_admin": True,
    "approval_link": "",
}
REGISTERED: dict[str, Any] = {
    **SETUP,
    "form": form(
        tenant=field("tenant", "8f1c2d34-5b6a-4c7d-9e8f-0a1b2c3d4e5f"),
        client_id=field("client_id", "3b9e7a10-64d2-4f0b-8c1a-77e2d9b05c66"),
        secret=field("secret"),
        certificate=field("certificate"),
        admin=field("admin"),
    ),
    "registered": True,
    "needs_admin": False,
    "signed_in": ADMIN,
    "approval_link": f"{PORTAL}/approve/tZ4kYw9eR5uJd3GhC7oBmQ",
}
WRONG: dict[str, Any] = {
    **SETUP,
    "form": form(
        "Microsoft did not accept this registration.",
        tenant=field("tenant", "contoso", "This is neither a GUID nor a domain."),
        client_id=field("client_id", "3b9e7a10", "This is not a GUID."),
        secret=field(
            "secret", "x", "That looks like the Secret ID. We need the Value."
        ),
        certificate=field("certificate", "-----BEGIN", "There is no private key."),
        admin=field("admin", "ann", "This is not an e-mail address."),
    ),
}
HOME = {
    "not-registered": ("Not registered", 0),
    "not-connected": ("Not connected", 1),
    "waiting": ("Waiting for admin approval", 2),
    "connected": ("Connected", 1284),
    "reconnect": ("Reconnect needed", 128),
    "cannot-decrypt": ("Can't decrypt", 0),
    "needs-attention": ("Needs attention", 3),
}

PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    **{
        f"home-{name}": ("home/index.html", {"state": state, "waiting": waiting})
        for name, (state, waiting) in HOME.items()
    },
    "home-signed-in": (
        "home/index.html",
        {"state": "Connected", "waiting": 0, "signed_in": ADMIN, "needing": 2},
    ),
    **{
        f"settings-{name}": ("settings/index.html", context)
        for name, context in SETTINGS.items()
    },
    "settings-reset": ("settings/reset.html", settings(replace(WELL, waiting=47))),
    "settings-test": (
        "settings/test.html",
        settings(WELL, test=TEST, nobody=False),
    ),
    "settings-test-nobody": (
        "settings/test.html",
        settings(
            WELL,
            nobody=True,
            test=form(
                "Sign in again first.",
                to=field("to", "nobody", "This is not an e-mail address."),
                subject=field("subject"),
                text=field("text", "", "Please write something."),
            ),
        ),
    ),
    "settings-test-waiting": (
        "settings/tested.html",
        settings(WELL, verdict=SimpleNamespace(**{**vars(VERDICT), "kind": "waiting"})),
    ),
    "settings-test-sent": ("settings/tested.html", settings(WELL, verdict=VERDICT)),
    "settings-test-failed": ("settings/tested.html", settings(WELL, verdict=REFUSED)),
    **{name: ("trips/show.html", context) for name, context in TRIPS.items()},
    "trip-over": ("trips/over.html", {}),
    "link-ended": ("consent/link-ended.html", {}),
    "popup": ("consent/waiting.html", {"signed_in": ADMIN}),
    "sign-in": ("sign-in/index.html", SIGN_IN),
    "sign-in-not-registered": (
        "sign-in/index.html",
        {**SIGN_IN, "registered": False, "approval_link": ""},
    ),
    "forbidden": ("sign-in/forbidden.html", {"username": ALEX, "admins": (ADMIN,)}),
    "forbidden-no-admin": ("sign-in/forbidden.html", {"username": LONG, "admins": ()}),
    "setup": ("setup/index.html", SETUP),
    "setup-wrong": ("setup/index.html", WRONG),
    "setup-registered": ("setup/index.html", {**REGISTERED, "connected": True}),
    "setup-saved": (
        "setup/index.html",
        {**REGISTERED, "flashed": [("ok", "Changes have been saved!")]},
    ),
    "setup-environment": (
        "setup/index.html",
        {**REGISTERED, "from_environment": True},
    ),
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
        {"status": 404, "signed_in": ADMIN, "needing": 2},
    ),
}


def make_app() -> Flask:
    """Set up an app that shows each page of `PAGES` at its name."""
    app = Flask(
        __name__,
        template_folder=str(CHECKOUT / "templates"),
        static_folder=str(CHECKOUT / "static"),
    )
    app.secret_key = "of no importance here either"
    app.jinja_env.globals["csrf_token"] = lambda: "of no importance here"
    language.init_app(app)
    security.init_app(app)
    app.add_url_rule("/pages/<name>", view_func=show)
    return app


def show(name: str) -> str:
    template, context = PAGES[name]
    for category, sentence in context.get("flashed", ()):
        flash(sentence, category)
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
