"""The token endpoint: codes, refresh tokens and the application's own credentials."""

import json
import secrets
import time
from typing import Any

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.sandbox import faults, grants, store
from portal.sandbox.faults import Kind
from portal.sandbox.login import clients, devices, keys, mishaps, problems
from portal.sandbox.login.problems import NO_STORE, Refusal
from portal.sandbox.login.scopes import wanted
from portal.sandbox.seeds import CLIENT_ID, CONTOSO, Account, account, tenant

bp = Blueprint("tokens", __name__)
bp.register_error_handler(Refusal, problems.answer)
bp.before_request(mishaps.away)
bp.before_request(mishaps.play)

REFRESH_SECONDS = 90 * 24 * 3600
ECHOES = (Kind.SCOPE_SHORT, Kind.SCOPE_FULL, Kind.SCOPE_SHOUTED)

Answer = dict[str, Any]


@bp.post("/<tenant_name>/oauth2/v2.0/token")
def token(tenant_name: str) -> ResponseReturnValue:
    """Exchange a grant for tokens."""
    form = request.form.to_dict()
    grant_type = form.get("grant_type")
    if not grant_type:
        raise Refusal(900144, "grant_type")
    if grant_type not in GRANTS:
        raise Refusal(70003, grant_type)
    _check_tenant(tenant_name, grant_type)
    clients.authenticate(form, _endpoint(), tenant_name)
    return GRANTS[grant_type](form, tenant_name), 200, NO_STORE


def _check_tenant(tenant_name: str, grant_type: str) -> None:
    if tenant_name.lower() in clients.ANY_TENANT:
        if grant_type == "client_credentials":
            raise Refusal(50059)
        raise Refusal(50194, CLIENT_ID)
    found = tenant(tenant_name)
    if not found:
        raise Refusal(90002, tenant_name)
    if found is not CONTOSO:
        raise Refusal(700016, request.form.get("client_id", ""), found.name)


def _endpoint() -> str:
    # By the directory's id: https://learn.microsoft.com/entra/identity-platform/certificate-credentials
    return f"{clients.current().base_url}/{CONTOSO.id}/oauth2/v2.0/token"


def redeem(form: dict[str, str], tenant_name: str) -> Answer:
    """Exchange an authorization code, once."""
    for name in ("code", "redirect_uri"):
        if not form.get(name):
            raise Refusal(900144, name)
    rows = store.current().ask("SELECT * FROM codes WHERE id = ?", form["code"])
    if not rows:
        raise Refusal(70000)
    if rows[0]["used"]:
        raise Refusal(54005)
    if rows[0]["expires"] < time.time():
        raise Refusal(70008)
    issued = json.loads(rows[0]["issued"])
    _check_code(issued, form, tenant_name)
    who = _person(issued["oid"], issued["born"])
    scope = _scope_of_redemption(form, issued)
    _check_consent(who, scope)
    used = "UPDATE codes SET used = 1 WHERE id = ? AND used = 0"
    if not store.current().tell(used, form["code"]):
        raise Refusal(54005)
    return _delegated(who, scope, issued["nonce"], issued["scope"])


def _check_code(issued: dict[str, Any], form: dict[str, str], tenant_name: str) -> None:
    if issued["tenant_name"] != tenant_name.lower():
        raise Refusal(700005)
    if issued["redirect_uri"] != form["redirect_uri"]:
        raise Refusal(50011, form["redirect_uri"])
    if issued["challenge"]:
        _check_verifier(issued, form.get("code_verifier"))


def _check_verifier(issued: dict[str, Any], verifier: str | None) -> None:
    if not verifier:
        raise Refusal(50148)
    challenge = verifier
    if issued["method"] == "S256":
        challenge = create_s256_code_challenge(verifier)  # type: ignore[no-untyped-call]
    if not secrets.compare_digest(challenge, issued["challenge"]):
        raise Refusal(501481)


def _scope_of_redemption(form: dict[str, str], issued: dict[str, Any]) -> str:
    scope = str(form.get("scope", issued["scope"]))
    if not scope.strip():
        raise Refusal(28003)
    return scope


def redeem_device(form: dict[str, str], tenant_name: str) -> Answer:
    """Exchange a device code, once somebody has signed in for it."""
    if not form.get("device_code"):
        raise Refusal(900144, "device_code")
    device = devices.take(form["device_code"], tenant_name)
    who = _person(device.oid, device.born)
    _check_consent(who, device.scope)
    devices.use_up(device)
    return _delegated(who, device.scope, None, device.scope)


def renew(form: dict[str, str], tenant_name: str) -> Answer:
    """Exchange a refresh token; the old one stays valid, as documented."""
    if not form.get("refresh_token"):
        raise Refusal(900144, "refresh_token")
    rows = store.current().ask(
        "SELECT * FROM refresh_tokens WHERE id = ?", form["refresh_token"]
    )
    if not rows or not secrets.compare_digest(rows[0]["client_id"], CLIENT_ID):
        raise Refusal(70000)
    if rows[0]["expires"] < time.time():
        raise Refusal(700082)
    who = _person(rows[0]["oid"], rows[0]["born"])
    scope = form.get("scope") or rows[0]["scope"]
    _check_consent(who, scope)
    return _delegated(who, scope, None, f"{rows[0]['scope']} offline_access")


def _person(oid: str, born: float) -> Account:
    who = account(oid)
    if who is None:
        raise Refusal(70000)
    if faults.revoked(oid, born):
        raise Refusal(50173)
    return who


def _check_consent(who: Account, scope: str) -> None:
    missing = set(wanted(scope)) - grants.allowed(CLIENT_ID, who)
    if missing - set(grants.OIDC):
        faults.note(Kind.CONSENT_LOST)
        raise Refusal(65001, CLIENT_ID, suberror="consent_required")
    if faults.meet(Kind.CONSENT_LAG):
        raise Refusal(65001, CLIENT_ID, suberror="consent_required")


def _delegated(who: Account, scope: str, nonce: str | None, first: str) -> Answer:
    """Answer with a person's tokens; `first` is what was asked for at sign-in."""
    names = {*wanted(first), *wanted(scope)}
    exchange = grants.of_exchange(scope)
    offered = {grants.SMTP_SEND} if exchange else set(grants.DELEGATED)
    granted = grants.allowed(CLIENT_ID, who) & offered - _withheld()
    # A permission that was just given is told of before it is known everywhere.
    held = set() if faults.meet(Kind.PERMISSION_LAG) else granted
    audience = keys.EXCHANGE_AUDIENCES[0] if exchange else keys.GRAPH_AUDIENCE
    answer: Answer = {
        "token_type": "Bearer",
        "scope": _echo(scope, granted, names),
        "expires_in": keys.LIFETIME_SECONDS - 1,
        "ext_expires_in": keys.LIFETIME_SECONDS - 1,
        "access_token": keys.access_token(who.tenant.id, who, held, audience),
    }
    if faults.meet(Kind.SCOPE_ABSENT):
        del answer["scope"]
    if "offline_access" in names and not faults.meet(Kind.NO_REFRESH):
        answer["refresh_token"] = _refresh_token(who, scope)
    if "openid" in names:
        answer["id_token"] = keys.id_token(who, list(names), nonce)
    if request.form.get("client_info") == "1":
        answer["client_info"] = keys.client_info(who)
    return answer


def _echo(scope: str, granted: set[str], names: set[str]) -> str:
    """Name every grant for the resource, in the form that was asked for.

    Which form it is that Entra chooses is UNCONFIRMED, hence the switches.
    """
    form = next((each for each in ECHOES if faults.meet(each)), None)
    exchange = grants.of_exchange(scope)
    full = exchange or grants.GRAPH in scope.lower()
    full = full if form is None else form != Kind.SCOPE_SHORT
    resource = grants.EXCHANGE[0] if exchange else grants.GRAPH
    prefix = resource if full else ""
    known = [f"{prefix}{name}" for name in sorted(granted)]
    echo = " ".join(
        [*(n for n in ("openid", "profile", "email") if n in names), *known]
    )
    return echo.upper() if form == Kind.SCOPE_SHOUTED else echo


def _withheld() -> set[str]:
    """Name the permission that a switch keeps back."""
    missing = faults.meet(Kind.SCOPE_MISSING)
    return {str(missing.more.get("scope", "Mail.Send"))} if missing else set()


def _refresh_token(who: Account, scope: str) -> str:
    made = secrets.token_urlsafe(96)
    now = time.time()
    store.current().tell(
        "INSERT INTO refresh_tokens VALUES (?, ?, ?, ?, ?, ?)",
        made,
        CLIENT_ID,
        who.oid,
        scope,
        now,
        now + REFRESH_SECONDS,
    )
    return made


def by_itself(form: dict[str, str], tenant_name: str) -> Answer:
    """Give the application its own token, with whatever roles it was granted."""
    if not form.get("scope"):
        raise Refusal(900144, "scope")
    resource = form["scope"].lower().removesuffix(grants.DEFAULT)
    if form["scope"].lower() not in [f"{r}{grants.DEFAULT}" for r in grants.RESOURCES]:
        raise Refusal(70011, form["scope"])
    exchange = resource in grants.EXCHANGE
    lag = faults.meet(Kind.CONSENT_LAG)
    roles = set() if lag else grants.roles(CLIENT_ID, CONTOSO.id)
    roles = {each for each in roles if (each == grants.SEND_AS_APP) is exchange}
    audience = resource.rstrip("/")
    return {
        "token_type": "Bearer",
        "expires_in": keys.LIFETIME_SECONDS - 1,
        "ext_expires_in": keys.LIFETIME_SECONDS - 1,
        "access_token": keys.access_token(CONTOSO.id, None, roles, audience),
    }


GRANTS = {
    "authorization_code": redeem,
    clients.DEVICE_CODE: redeem_device,
    "refresh_token": renew,
    "client_credentials": by_itself,
}
