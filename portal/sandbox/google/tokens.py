"""Google's token endpoint: codes and refresh tokens, and the end of both.

https://developers.google.com/identity/protocols/oauth2/web-server#exchange-authorization-code
"""

import json
import secrets
import time
from typing import Any

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.sandbox import faults, grants, store
from portal.sandbox.google import people
from portal.sandbox.google.discovery import issuer
from portal.sandbox.google.people import CLIENT_ID, CLIENT_SECRET, MAIL, SCOPES
from portal.sandbox.login import keys, mishaps
from portal.sandbox.login.problems import NO_STORE
from portal.sandbox.seeds import Account

bp = Blueprint("google_tokens", __name__, url_prefix="/google")
bp.before_request(mishaps.away)
bp.before_request(mishaps.play)

ACCESS, REFRESH = "ya29.", "1//"  # how each begins
LIFETIME_SECONDS = 3599
UNUSED_SECONDS = 180 * 24 * 3600
OVER = "Token has been expired or revoked."

Answer = dict[str, Any]


class Refused(Exception):
    """An error of the token endpoint, and its sentence."""

    def __init__(self, error: str, sentence: str, status: int = 400) -> None:
        self.error, self.status = error, status
        super().__init__(sentence)


@bp.errorhandler(Refused)
def refuse(refused: Refused) -> ResponseReturnValue:
    """Say it the way of RFC 6749 section 5.2."""
    told = {"error": refused.error, "error_description": str(refused)}
    return told, refused.status, NO_STORE


@bp.post("/token")
def token() -> ResponseReturnValue:
    """Exchange a code or a refresh token."""
    form = request.form.to_dict()
    if form.get("client_id") != CLIENT_ID:
        raise Refused("invalid_client", "The OAuth client was not found.", 401)
    if form.get("client_secret") != CLIENT_SECRET:
        raise Refused("invalid_client", "Unauthorized", 401)
    grant_type = form.get("grant_type", "")
    if grant_type not in GRANTS:
        raise Refused("unsupported_grant_type", f"Invalid grant_type: {grant_type}")
    return GRANTS[grant_type](form), 200, NO_STORE


def redeem(form: dict[str, str]) -> Answer:
    """Exchange a code, once."""
    rows = store.current().ask(
        "SELECT * FROM codes WHERE id = ? AND expires >= ?",
        form.get("code", ""),
        time.time(),
    )
    issued = json.loads(rows[0]["issued"]) if rows else {}
    who = people.person(issued.get("google", ""))
    if who is None:
        raise Refused("invalid_grant", "Malformed auth code.")
    if form.get("redirect_uri") != issued["redirect_uri"]:
        raise Refused("redirect_uri_mismatch", "Bad Request")
    _check_verifier(issued, form.get("code_verifier", ""))
    used = "UPDATE codes SET used = 1 WHERE id = ? AND used = 0"
    if not store.current().tell(used, form["code"]):
        raise Refused("invalid_grant", "Bad Request")
    answer = _answer(who, issued["scopes"], issued["nonce"])
    if issued["offline"]:
        answer["refresh_token"] = _lasting(who, issued["scopes"])
    return answer


def refresh(form: dict[str, str]) -> Answer:
    """Exchange a refresh token; it stays the same."""
    rows = store.current().ask(
        "SELECT * FROM refresh_tokens WHERE id = ? AND client_id = ? AND expires >= ?",
        form.get("refresh_token", ""),
        CLIENT_ID,
        time.time(),
    )
    who = people.person(rows[0]["oid"]) if rows else None
    if who is None or faults.revoked(who.oid, rows[0]["born"]):
        raise Refused("invalid_grant", OVER)
    return _answer(who, rows[0]["scope"].split(), None)


GRANTS = {"authorization_code": redeem, "refresh_token": refresh}


@bp.post("/revoke")
def revoke() -> ResponseReturnValue:
    """End a sign-in, as its person can in the Google Account."""
    rows = store.current().ask(
        "SELECT oid FROM refresh_tokens WHERE id = ?", request.form.get("token", "")
    )
    who = people.person(rows[0]["oid"]) if rows else None
    if who is None:
        raise Refused("invalid_token", "Token expired or revoked")
    store.current().tell(
        "INSERT OR REPLACE INTO revocations VALUES (?, ?)", who.oid, time.time()
    )
    grants.forget(CLIENT_ID, who.tenant.id)
    return {}


def opens(text: str) -> Account | None:
    """Tell whose mail an access token opens; None if it opens none."""
    if not text.startswith(ACCESS):
        return None
    try:
        claims = keys.read_access_token(text.removeprefix(ACCESS))
    except keys.NotOurs:
        return None
    who = people.person(claims.get("google", ""))
    old = claims.get("exp", 0) < time.time()
    if who is None or old or faults.revoked(who.oid, claims["born"]):
        return None
    return who if MAIL in claims["scope"].split() else None


def _check_verifier(issued: dict[str, Any], verifier: str) -> None:
    if not issued["challenge"]:
        return
    if not verifier:
        raise Refused("invalid_grant", "Missing code verifier.")
    challenge = verifier
    if issued["method"] == "S256":
        challenge = create_s256_code_challenge(verifier)  # type: ignore[no-untyped-call]
    if not secrets.compare_digest(challenge, issued["challenge"]):
        raise Refused("invalid_grant", "Invalid code verifier.")


def _answer(who: Account, scopes: list[str], nonce: str | None) -> Answer:
    now = time.time()
    claims = {
        "google": who.oid,
        "scope": " ".join(scopes),
        "born": now,
        "exp": int(now) + LIFETIME_SECONDS,
    }
    answer: Answer = {
        "access_token": f"{ACCESS}{keys.sign(claims)}",
        "expires_in": LIFETIME_SECONDS,
        "scope": " ".join(SCOPES[name] for name in scopes),
        "token_type": "Bearer",
    }
    if "openid" in scopes:
        answer["id_token"] = keys.sign(_identity(who, scopes, nonce, int(now)))
    return answer


def _identity(
    who: Account, scopes: list[str], nonce: str | None, now: int
) -> dict[str, Any]:
    claims: dict[str, Any] = {
        "iss": issuer(),
        "azp": CLIENT_ID,
        "aud": CLIENT_ID,
        "sub": who.oid,
        "hd": who.tenant.domain,
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
    }
    if "email" in scopes:
        claims |= {"email": who.address, "email_verified": True}
    return claims | ({"nonce": nonce} if nonce else {})


def _lasting(who: Account, scopes: list[str]) -> str:
    made, now = f"{REFRESH}{secrets.token_urlsafe(64)}", time.time()
    store.current().tell(
        "INSERT INTO refresh_tokens (id, client_id, oid, scope, born, expires)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        made,
        CLIENT_ID,
        who.oid,
        " ".join(scopes),
        now,
        now + UNUSED_SECONDS,
    )
    return made
