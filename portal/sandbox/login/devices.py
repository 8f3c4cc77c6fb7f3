"""Device codes: asked for by a program without a browser, until a person signs in.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code, RFC 8628.
"""

import json
import secrets
import time
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.sandbox import faults, store
from portal.sandbox.faults import Kind
from portal.sandbox.login import clients, mishaps, problems
from portal.sandbox.login.problems import NO_STORE, Refusal
from portal.sandbox.login.scopes import wanted

bp = Blueprint("devices", __name__)
bp.register_error_handler(Refusal, problems.answer)
bp.before_request(mishaps.play)

LIFETIME_SECONDS = 900
INTERVAL_SECONDS = 5
HASTE_SECONDS = 1
SLOWER_SECONDS = 5  # RFC 8628 section 3.5
TOLERANCE_SECONDS = 0.5  # nobody's clock is exact
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ23456789"  # spells no word, looks like nothing else
DECLINED = 65004


@dataclass(frozen=True, kw_only=True)
class Device:
    """A device for which somebody has signed in."""

    id: str
    scope: str
    oid: str
    born: float


@bp.post("/<tenant_name>/oauth2/v2.0/devicecode")
def begin(tenant_name: str) -> ResponseReturnValue:
    """Hand out a code for the device, and one for a person to type in."""
    form = request.form.to_dict()
    clients.at_home(tenant_name, form.get("client_id"))
    if not form.get("scope"):
        raise Refusal(900144, "scope")
    wanted(form["scope"])
    device_code = secrets.token_urlsafe(96)
    user_code = "".join(secrets.choice(ALPHABET) for _ in range(9))
    interval, lifetime = _pace()
    store.current().tell(
        "INSERT INTO devices (id, user_code, request, expires, interval)"
        " VALUES (?, ?, ?, ?, ?)",
        device_code,
        user_code,
        json.dumps({"tenant_name": tenant_name.lower(), "scope": form["scope"]}),
        time.time() + lifetime,
        interval,
    )
    place = f"{clients.current().base_url}/devicelogin"
    return (
        {
            "user_code": user_code,
            "device_code": device_code,
            "verification_uri": place,
            "expires_in": int(lifetime),
            "interval": int(interval),
            "message": f"To sign in, use a web browser to open the page {place} and"
            f" enter the code {user_code} to authenticate.",
        },
        200,
        NO_STORE,
    )


def _pace() -> tuple[float, float]:
    """Return how often one may ask and how long a code lives, in seconds."""
    haste = faults.meet(Kind.DEVICE_HASTE)
    if haste is None:
        return INTERVAL_SECONDS, LIFETIME_SECONDS
    lifetime = float(haste.more.get("after_seconds", LIFETIME_SECONDS))
    return float(haste.more.get("interval", HASTE_SECONDS)), lifetime


def waiting(user_code: str) -> dict[str, Any] | None:
    """Return what a typed code stands for, as long as nobody has answered it."""
    rows = store.current().ask(
        "SELECT * FROM devices"
        " WHERE user_code = ? AND expires >= ? AND state = 'pending'",
        user_code.strip().upper(),
        time.time(),
    )
    return {"device": rows[0]["id"]} | json.loads(rows[0]["request"]) if rows else None


def answer(device_code: str, oid: str | None) -> bool:
    """Keep who signed in, None if it was declined; tell whether it was in time."""
    changed = store.current().tell(
        "UPDATE devices SET state = ?, oid = ?, born = ?"
        " WHERE id = ? AND state = 'pending' AND expires >= ?",
        "approved" if oid else "declined",
        oid,
        time.time(),
        device_code,
        time.time(),
    )
    return changed == 1


def take(device_code: str, tenant_name: str) -> Device:
    """Return a device that may have tokens; raise Refusal, also if it has to wait."""
    rows = store.current().ask("SELECT * FROM devices WHERE id = ?", device_code)
    if not rows or rows[0]["state"] == "used":
        raise Refusal(70018)
    asked = json.loads(rows[0]["request"])
    if asked["tenant_name"] != tenant_name.lower():
        raise Refusal(700005)
    if rows[0]["expires"] < time.time():
        raise Refusal(70019)
    if rows[0]["state"] == "pending":
        raise _wait(device_code, rows[0]["interval"], rows[0]["polled"])
    if rows[0]["state"] == "declined":
        raise Refusal(DECLINED, error="authorization_declined")
    return Device(
        id=device_code,
        scope=asked["scope"],
        oid=rows[0]["oid"],
        born=rows[0]["born"],
    )


def use_up(device: Device) -> None:
    """Let a code be redeemed once; raise Refusal for the second."""
    used = "UPDATE devices SET state = 'used' WHERE id = ? AND state = 'approved'"
    if not store.current().tell(used, device.id):
        raise Refusal(70018)


def _wait(device_code: str, interval: float, polled: float) -> Refusal:
    """Return that nobody has signed in yet; who asks too often has to ask less."""
    now = time.time()
    hasty = now < polled + interval - TOLERANCE_SECONDS
    store.current().tell(
        "UPDATE devices SET polled = ?, interval = ? WHERE id = ?",
        now,
        interval + (SLOWER_SECONDS if hasty else 0),
        device_code,
    )
    return Refusal(70016, error="slow_down") if hasty else Refusal(70016)
