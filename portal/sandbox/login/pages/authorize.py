"""Sign-in and consent for one person: the authorize endpoint and its two pages."""

import json
import secrets
import time

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.sandbox import faults, grants, store
from portal.sandbox.faults import Kind
from portal.sandbox.login import keys
from portal.sandbox.login.pages import visits
from portal.sandbox.login.pages.visits import Visit
from portal.sandbox.login.problems import Refusal, Stopped
from portal.sandbox.login.scopes import wanted
from portal.sandbox.seeds import APP_NAME, CLIENT_ID, Account

bp = Blueprint("authorize", __name__)

CODE_SECONDS = 600
PROMPTS = ("login", "none", "consent", "select_account")
RESPONSE_MODES = ("query", "fragment", "form_post")
REQUIRED = ("response_type", "scope")


@bp.get("/<tenant_name>/oauth2/v2.0/authorize")
def authorize(tenant_name: str) -> ResponseReturnValue:
    """Check the request, then ask who is there."""
    asked = request.args.to_dict()
    visits.checked(tenant_name, asked)
    visit = visits.begin(asked)
    try:
        _check(asked)
    except Refusal as refusal:
        return visits.refuse(visit, refusal)
    action = url_for("authorize.sign_in", tenant_name=tenant_name)
    return visits.ask_who(visit, action)


def _check(asked: dict[str, str]) -> None:
    for name in REQUIRED:
        if not asked.get(name):
            raise Refusal(900144, name)
    if asked["response_type"] != "code":
        raise Refusal(700054, asked["response_type"])
    if asked.get("response_mode", "query") not in RESPONSE_MODES:
        raise Refusal(90023, "response_mode")
    if asked.get("code_challenge_method", "plain") not in ("plain", "S256"):
        raise Refusal(90023, "code_challenge_method")
    _check_prompt(asked)
    wanted(asked["scope"])


def _check_prompt(asked: dict[str, str]) -> None:
    prompt = asked.get("prompt")
    if prompt and prompt not in PROMPTS:
        raise Refusal(90023, "prompt")
    if prompt == "none":
        raise Refusal(50058)
    if prompt == "select_account" and asked.get("login_hint"):
        raise Refusal(90013, "login_hint cannot be combined with select_account")


@bp.post("/<tenant_name>/sign-in")
def sign_in(tenant_name: str) -> ResponseReturnValue:
    """Take the account that was pressed; go on to consent, or straight back."""
    visit = visits.resume()
    visit = visits.sign_in(visit, visits.checked(tenant_name, visit.asked))
    if not missing(visit) and visit.asked.get("prompt") != "consent":
        return _send_code(visit, tenant_name)
    again = visits.again("authorize.authorize", tenant_name, visit)
    action = url_for("authorize.consent", tenant_name=tenant_name)
    return ask_consent(visit, action, again)


def ask_consent(visit: Visit, action: str, again: str) -> str:
    """Show what the application wants, or the wall that only an administrator passes.

    `action` takes the answer; `again` is where another account is chosen.
    """
    if walled(visit):
        return render_template(
            "login/wall.html",
            visit=visit,
            action=action,
            missing=missing(visit),
            app_name=APP_NAME,
        )
    return render_template(
        "login/consent.html",
        visit=visit,
        again=again,
        action=action,
        permissions=[
            (name, grants.MEANINGS[name]) for name in wanted(visit.asked["scope"])
        ],
        roles=(),
        whole_organization=False,
        app_name=APP_NAME,
    )


def walled(visit: Visit) -> bool:
    """Tell whether only an administrator could consent."""
    off = faults.meet(Kind.CONSENT_OFF)
    return off is not None and not person(visit).administrator


def missing(visit: Visit) -> list[str]:
    """Return what was asked for and nobody has consented to yet."""
    known = grants.allowed(CLIENT_ID, person(visit))
    return [name for name in wanted(visit.asked["scope"]) if name not in known]


@bp.post("/<tenant_name>/consent")
def consent(tenant_name: str) -> ResponseReturnValue:
    """Take the answer of the consent page."""
    visit = visits.resume()
    visits.checked(tenant_name, visit.asked)
    if not visits.accepted():
        return visits.refuse(visit, visits.declined())
    keep_consent(visit)
    return _send_code(visit, tenant_name)


def keep_consent(visit: Visit) -> None:
    """Remember what was accepted, for one person or for everybody; raise Stopped."""
    if walled(visit):
        raise Stopped(90094)
    who = person(visit)
    everybody = who.administrator and "everybody" in request.form
    principal = grants.EVERYBODY if everybody else who.oid
    grants.allow(CLIENT_ID, who.tenant.id, principal, wanted(visit.asked["scope"]))


def person(visit: Visit) -> Account:
    """Return who signed in; raise Stopped if nobody has."""
    if visit.who is None:
        raise Stopped(50058)
    return visit.who


def _send_code(visit: Visit, tenant_name: str) -> ResponseReturnValue:
    code = secrets.token_urlsafe(48)
    issued = {
        "oid": person(visit).oid,
        "tenant_name": tenant_name.lower(),
        "redirect_uri": visit.asked["redirect_uri"],
        "scope": visit.asked["scope"],
        "nonce": visit.asked.get("nonce"),
        "challenge": visit.asked.get("code_challenge"),
        "method": visit.asked.get("code_challenge_method", "plain"),
        "born": time.time(),
    }
    store.current().tell(
        "INSERT INTO codes (id, issued, expires) VALUES (?, ?, ?)",
        code,
        json.dumps(issued),
        time.time() + CODE_SECONDS,
    )
    answer = {"code": code}
    if visit.asked.get("client_info") == "1":
        answer["client_info"] = keys.client_info(person(visit))
    return visits.send_back(visit, answer | {"session_state": secrets.token_hex(16)})
