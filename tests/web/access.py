"""API keys and changes as their pages show them, in every state."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from werkzeug.datastructures import MultiDict

from portal import config
from portal.web.access import example, page
from portal.web.access.form import KeyForm, LimitsForm, filled
from portal.web.access.page import Created, Row
from portal.workspace.audit import Entry
from portal.workspace.people.keys import Key
from portal.workspace.people.limits import NONE, Limits
from tests.web.standings import ADMIN, FROM_NOREPLY, ID, LONG, NOREPLY, NOW, PORTAL

HOSTILE = "<script>alert(1)</script>" + "W" * 70
OTHER = UUID("0193a8a2-7c1e-7d3a-9b5e-2f6a1c0d4e61")
GONE = UUID("0193a8a2-7c1e-7d3a-9b5e-2f6a1c0d4e62")
ACCOUNTS = [
    FROM_NOREPLY,
    replace(FROM_NOREPLY, id=OTHER, name="branch office", is_default=False),
]
NARROW = Limits(
    accounts=(OTHER, GONE),
    senders=(NOREPLY, "@subsidiary.example", LONG),
    per_minute=1200,
    max_size=2_500_000,
)
SECRET = "mp_7Qw2vX9rT4kLh8Zb3NcY6sDf1GmPa5JeR0uWtViKoBx"
BILLING = Key(
    id=ID, name="Billing", created_at=NOW - timedelta(days=39), revoked_at=None
)
KEYS = [
    replace(BILLING, used_at=NOW - timedelta(minutes=2)),
    replace(
        BILLING,
        name="Scanner, 2nd floor",
        limits=Limits(accounts=(OTHER,), senders=("@branch.example",), per_minute=60),
    ),
    replace(BILLING, name=HOSTILE, limits=replace(NARROW, accounts=(GONE,))),
    replace(BILLING, name="Trial", revoked_at=NOW, used_at=NOW - timedelta(days=30)),
]
WRONG = {
    "name": "There is an API key named Billing already.",
    "accounts": "This account is not there any more.",
    "senders": "“not” is neither an address nor a domain.",
    "per_minute": "Type a whole number from 1 to 1,000,000, or leave it empty.",
    "max_size": "Type a number of MB, or leave it empty.",
}
SETTINGS = config.read(
    {
        "PORTAL_BASE_URL": PORTAL,
        "PORTAL_SMTP_BIND": "0.0.0.0:587",
        "PORTAL_SMTP_CERTIFICATE": __file__,
        "PORTAL_SMTPS_BIND": "0.0.0.0:465",
    }
)
EXAMPLE = {
    "curl": example.curl(SETTINGS, ADMIN, NONE, ACCOUNTS),
    "doors": example.doors(SETTINGS),
}


def rows(every: list[Key]) -> list[Row]:
    return [Row(key=key, limits=page.words(key.limits, ACCOUNTS)) for key in every]


def offered(form: LimitsForm, now: Limits = NONE) -> LimitsForm:
    form.offer(ACCOUNTS, now)
    return form


def typed() -> LimitsForm:
    """Fill in a form, and say of each field what is wrong with it."""
    form = KeyForm(
        MultiDict(
            {
                "name": "Billing",
                "accounts": str(OTHER),
                "senders": "not an address",
                "per_minute": "many",
                "max_size": "-1",
            }
        )
    )
    for name, error in WRONG.items():
        form[name].errors = [error]
    return offered(form)


def listed(**more: Any) -> dict[str, Any]:
    return {
        "form": offered(KeyForm()),
        "rows": rows(KEYS),
        "created": None,
        "example": EXAMPLE,
        "signed_in": ADMIN,
        **more,
    }


def limited(**more: Any) -> dict[str, Any]:
    return {
        "key": KEYS[1],
        "form": offered(filled(NARROW), NARROW),
        "seen": "0",
        "overtaken": False,
        "in_force": [],
        "signed_in": ADMIN,
        **more,
    }


def entry(nth: int, actor: str, action: str, subject: str) -> Entry:
    at = NOW - timedelta(hours=nth)
    return Entry(id=100 - nth, at=at, actor=actor, action=action, subject=subject)


CREATED = Created(name="Billing", secret=SECRET, limits=NONE)
KEY_PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "keys": ("keys/index.html", listed()),
    "keys-none": ("keys/index.html", listed(rows=[])),
    "keys-created": (
        "keys/index.html",
        listed(created=CREATED, rows=rows([BILLING, KEYS[1], KEYS[3]])),
    ),
    "keys-created-hostile": (
        "keys/index.html",
        listed(created=replace(CREATED, name=HOSTILE)),
    ),
    "keys-wrong": ("keys/index.html", listed(form=typed())),
    "keys-revoked": (
        "keys/index.html",
        listed(flashed=[("ok", "The key Trial is revoked: it opens nothing.")]),
    ),
    "keys-revocation": ("keys/revocation.html", listed(ending=KEYS[0])),
    "keys-revocation-hostile": ("keys/revocation.html", listed(ending=KEYS[2])),
    "keys-limits": ("keys/limits.html", limited()),
    "keys-limits-hostile": ("keys/limits.html", limited(key=KEYS[2])),
    "keys-limits-overtaken": (
        "keys/limits.html",
        limited(overtaken=True, in_force=page.words(NARROW, ACCOUNTS)),
    ),
}
ENTRIES = [
    entry(0, ADMIN, "created key, account branch office, 60 a minute", "Billing"),
    entry(1, ADMIN, "asked for a change", f"{NOREPLY}, large file attachments"),
    entry(2, LONG, "connected account", LONG),
    entry(3, "operator", "changed key: no limits", HOSTILE),
    entry(4, "setup link", "registered application", str(ID)),
    entry(5, ADMIN, "reset account", ""),
]
AUDIT_PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "audit": (
        "audit/index.html",
        {"entries": ENTRIES, "before": None, "older": 95, "signed_in": ADMIN},
    ),
    "audit-middle": (
        "audit/index.html",
        {"entries": ENTRIES, "before": 200, "older": 95, "signed_in": ADMIN},
    ),
    "audit-none": (
        "audit/index.html",
        {"entries": [], "before": None, "older": None, "signed_in": ADMIN},
    ),
}
