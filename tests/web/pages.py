"""Every page in every state it has, and a small app that shows them.

The states come from here, not from the database, so that a page can be looked at before
anything makes it happen; whatever looks at all pages loops over `PAGES`.
"""

from contextlib import AbstractContextManager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from flask import Flask, flash, render_template, request

from portal.microsoft import problems
from portal.web import language, security
from tests import serving
from tests.web import CHECKOUT
from tests.web.access import AUDIT_PAGES, KEY_PAGES
from tests.web.endings import (
    DOUBTED,
    NOBODY,
    NOT_SENT,
    REGISTERED,
    ROTATING,
    SETUP,
    SIGN_IN,
    TEST,
    TRIPS,
    VERDICT,
    WRONG,
    forbidden,
)
from tests.web.lists import DECIDED, LISTS
from tests.web.logs import LOG_PAGES
from tests.web.mails import MESSAGES
from tests.web.overviews import OVERVIEWS
from tests.web.standings import (
    ADMIN,
    ALEX,
    LONG,
    PORTAL,
    SETTINGS,
    WELL,
    settings,
)
from tests.web.troubles import ALERT_PAGES
from tests.web.typed import field, form
from tests.web.verifications import VERIFICATIONS
from tests.web.ways import ACCOUNT_PAGES

HOME = {
    "home": None,
    "home-not-registered": "Not registered",
    "home-cannot-decrypt": "Can't decrypt",
}

PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    **{name: ("home/index.html", {"state": state}) for name, state in HOME.items()},
    **{
        f"overview-{name}": ("home/overview.html", context)
        for name, context in OVERVIEWS.items()
    },
    **{
        f"settings-{name}": ("settings/index.html", context)
        for name, context in SETTINGS.items()
    },
    **{
        f"message-{name}": ("messages/message.html", context)
        for name, context in MESSAGES.items()
    },
    **{
        f"messages-{name}": ("messages/index.html", context)
        for name, context in LISTS.items()
    },
    **{
        f"decided-{name}": ("messages/decided.html", context)
        for name, context in DECIDED.items()
    },
    "settings-reset": ("settings/reset.html", settings(replace(WELL, waiting=47))),
    "settings-test": (
        "settings/test_mail.html",
        settings(WELL, test=TEST, nobody="", own=True),
    ),
    "settings-test-nobody": (
        "settings/test_mail.html",
        settings(
            WELL,
            nobody=NOBODY,
            test=form(
                "Sign in again first.",
                to=field("to", "nobody", "This is not an e-mail address."),
                subject=field("subject"),
                text=field("text", "", "Please write something."),
            ),
        ),
    ),
    "settings-test-blocked": (
        "settings/test_mail.html",
        settings(WELL, test=TEST, nobody="", blocked="Sign in again first."),
    ),
    "settings-test-waiting": (
        "settings/verdict.html",
        settings(WELL, verdict=SimpleNamespace(**{**vars(VERDICT), "kind": "waiting"})),
    ),
    "settings-test-sent": ("settings/verdict.html", settings(WELL, verdict=VERDICT)),
    "settings-test-failed": ("settings/verdict.html", settings(WELL, verdict=NOT_SENT)),
    "settings-test-unconfirmed": (
        "settings/verdict.html",
        settings(WELL, verdict=DOUBTED),
    ),
    **KEY_PAGES,
    **AUDIT_PAGES,
    **LOG_PAGES,
    **ACCOUNT_PAGES,
    **ALERT_PAGES,
    **VERIFICATIONS,
    **{name: ("trips/show.html", context) for name, context in TRIPS.items()},
    "trip-over": ("trips/over.html", {}),
    "link-ended": ("consent/link-ended.html", {}),
    "link-ended-setup": ("consent/link-ended.html", {"setup": True}),
    "popup": ("consent/waiting.html", {"signed_in": ADMIN}),
    "sign-in": ("sign-in/index.html", SIGN_IN),
    "sign-in-waiting": ("sign-in/index.html", {**SIGN_IN, "waits": True}),
    "sign-in-guid": ("sign-in/index.html", {**SIGN_IN, "organization": ""}),
    "sign-in-nobody": ("sign-in/index.html", {**SIGN_IN, "nobody": True}),
    "sign-in-nobody-there": (
        "sign-in/index.html",
        {**SIGN_IN, "nobody": True, "from_environment": True},
    ),
    "sign-in-not-registered": (
        "sign-in/index.html",
        {**SIGN_IN, "registered": False, "approval_link": ""},
    ),
    "forbidden": ("sign-in/forbidden.html", forbidden(ALEX, ADMIN)),
    "forbidden-taken": ("sign-in/forbidden.html", forbidden(ADMIN, ADMIN, taken=True)),
    "forbidden-no-admin": ("sign-in/forbidden.html", forbidden(LONG)),
    "setup": ("setup/index.html", SETUP),
    "setup-wrong": ("setup/index.html", WRONG),
    "setup-registered": ("setup/index.html", {**REGISTERED, "connected": True}),
    "setup-no-admin": (
        "setup/index.html",
        {**REGISTERED, "asks_for_admin": True, "signed_in": ""},
    ),
    "setup-rotating": ("setup/index.html", ROTATING),
    "setup-waiting": (
        "setup/index.html",
        {
            **REGISTERED,
            "waits": True,
            "connection_link": f"{PORTAL}/connect/c4Tf0mQ8r2sVb6Xn1LzKpA",
        },
    ),
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
    app.jinja_env.globals["entra"] = "https://entra.microsoft.com"
    app.jinja_env.globals["send_as"] = problems.send_as
    app.jinja_env.globals["full_access"] = problems.full_access
    language.init_app(app)
    security.init_app(app)
    app.add_url_rule("/pages/<name>", view_func=show)
    app.add_url_rule("/settings/progress", view_func=stay)
    app.add_url_rule("/log/news", view_func=calm)
    app.add_url_rule("/accounts/<account>/progress", view_func=stay_away)
    return app


def show(name: str) -> str:
    template, context = PAGES[name]
    for category, sentence in context.get("flashed", ()):
        flash(sentence, category)
    return render_template(template, **context)


def stay() -> dict[str, str]:
    """Tell a page that asks how far a change has come that it has come no further."""
    return {"news": request.args["news"], "settings": "/settings"}


def calm() -> dict[str, str]:
    """Tell the log that is open that nothing new has come."""
    return {"after": request.args["after"], "lines": "", "aloud": ""}


def stay_away(account: str) -> dict[str, str]:
    """Tell the page of an account that asks that nobody has signed in yet."""
    return {"news": "", "settings": f"/accounts/{account}"}


def served() -> AbstractContextManager[str]:
    """Serve the pages on a free port of this machine; gives the address."""
    return serving.served(make_app())
