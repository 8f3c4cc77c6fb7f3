"""Google's sign-in for one person: who is there, and what is allowed.

https://developers.google.com/identity/protocols/oauth2/web-server#httprest
"""

import json
import secrets
import time
from dataclasses import replace

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.sandbox import grants, store
from portal.sandbox.google import people
from portal.sandbox.google.people import CLIENT_ID, MAIL, NORTHWIND, SCOPES
from portal.sandbox.login import clients, mishaps
from portal.sandbox.login.pages import visits
from portal.sandbox.login.pages.visits import Visit
from portal.sandbox.seeds import APP_NAME, Account

bp = Blueprint("google_authorize", __name__, url_prefix="/google")
bp.before_request(mishaps.play)

CODE_SECONDS = 600
PROMPTS = {"none", "consent", "select_account"}
MEANINGS = {
    MAIL: "Read, compose, send and permanently delete all your email from Gmail",
    "openid": "Associate you with your personal info on Google",
    "email": "See your primary Google Account email address",
    "profile": "See your personal info",
}


class Stopped(Exception):
    """Google shows a page of its own, and sends nobody back."""

    def __init__(self, error: str, status: int = 400) -> None:
        self.status = status
        super().__init__(error)


@bp.errorhandler(Stopped)
def stop(stopped: Stopped) -> ResponseReturnValue:
    """Show which error it is."""
    page = render_template("google/blocked.html", stopped=stopped)
    return page, stopped.status


@bp.get("/o/oauth2/v2/auth")
def authorize() -> ResponseReturnValue:
    """Check the request, then ask who is there."""
    asked = request.args.to_dict()
    _check(asked)
    visit = visits.begin(asked)
    return render_template(
        "login/sign_in.html",
        people=people.PEOPLE,
        hint=asked.get("login_hint", ""),
        visit=visit,
        action=url_for("google_authorize.sign_in"),
        app_name=APP_NAME,
    )


def _check(asked: dict[str, str]) -> None:
    if asked.get("client_id") != CLIENT_ID:
        raise Stopped("invalid_client", 401)
    if asked.get("redirect_uri") not in clients.current().redirect_uris:
        raise Stopped("redirect_uri_mismatch")
    if asked.get("response_type") != "code" or not asked.get("scope"):
        raise Stopped("invalid_request")
    if set(asked["scope"].split()) - set(SCOPES):
        raise Stopped("invalid_scope")
    if set(asked.get("prompt", "").split()) - PROMPTS:
        raise Stopped("invalid_request")
    _check_challenge(asked)


def _check_challenge(asked: dict[str, str]) -> None:
    method = asked.get("code_challenge_method", "plain")
    challenge = asked.get("code_challenge", "x" * 43)
    if method not in ("plain", "S256") or not 43 <= len(challenge) <= 128:
        raise Stopped("invalid_request")


@bp.post("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Take who was pressed; go on to what is asked for, or straight back."""
    visit = _resume()
    who = people.addressed(request.form.get("account", ""))
    if who is None:
        raise Stopped("org_internal", 403)
    store.current().tell("UPDATE visits SET oid = ? WHERE id = ?", who.oid, visit.id)
    visit = replace(visit, who=who)
    if _granted(who) >= _wanted(visit) and not _asks_again(visit):
        return _send_code(visit, who, _wanted(visit), offline=False)
    return render_template(
        "google/consent.html",
        visit=visit,
        action=url_for("google_authorize.consent"),
        permissions=[(name, MEANINGS[name]) for name in sorted(_wanted(visit))],
        app_name=APP_NAME,
    )


@bp.post("/consent")
def consent() -> ResponseReturnValue:
    """Take the answer: all of it, all but mail, or nothing."""
    visit = _resume()
    if visit.who is None:
        raise Stopped("invalid_request")
    answer = request.form.get("answer", "cancel")
    if answer not in ("accept", "less"):
        error = answer if answer == "admin_policy_enforced" else "access_denied"
        return visits.send_back(visit, {"error": error})
    allowed = _wanted(visit) - ({MAIL} if answer == "less" else set())
    grants.allow(CLIENT_ID, NORTHWIND.id, visit.who.oid, allowed)
    offline = visit.asked.get("access_type") == "offline"
    return _send_code(visit, visit.who, allowed, offline=offline)


def _resume() -> Visit:
    rows = store.current().ask(
        "SELECT * FROM visits WHERE id = ? AND expires >= ?",
        request.form.get("visit", ""),
        time.time(),
    )
    if not rows:
        raise Stopped("invalid_request")
    asked, who = json.loads(rows[0]["request"]), people.person(rows[0]["oid"] or "")
    return Visit(id=rows[0]["id"], asked=asked, who=who)


def _wanted(visit: Visit) -> set[str]:
    return set(visit.asked["scope"].split())


def _granted(who: Account) -> set[str]:
    return grants.allowed(CLIENT_ID, who)


def _asks_again(visit: Visit) -> bool:
    return "consent" in visit.asked.get("prompt", "").split()


def _send_code(
    visit: Visit, who: Account, scopes: set[str], *, offline: bool
) -> ResponseReturnValue:
    """Send the browser back; a refresh token is given only after a consent."""
    code = f"4/{secrets.token_urlsafe(48)}"
    issued = {
        "google": who.oid,
        "redirect_uri": visit.asked["redirect_uri"],
        "scopes": sorted(scopes),
        "nonce": visit.asked.get("nonce"),
        "challenge": visit.asked.get("code_challenge"),
        "method": visit.asked.get("code_challenge_method", "plain"),
        "offline": offline,
    }
    store.current().tell(
        "INSERT INTO codes (id, issued, expires) VALUES (?, ?, ?)",
        code,
        json.dumps(issued),
        time.time() + CODE_SECONDS,
    )
    spelled = " ".join(SCOPES[name] for name in sorted(scopes))
    return visits.send_back(visit, {"code": code, "scope": spelled})
