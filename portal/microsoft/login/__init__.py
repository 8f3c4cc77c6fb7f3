"""Microsoft's sign-in: where to send a browser, and how tokens are got and renewed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from portal import clock, net
from portal.microsoft import refusals
from portal.microsoft.login import credential
from portal.microsoft.login.credential import Registration as Registration
from portal.microsoft.refusals import Unreachable

OIDC = ("openid", "profile", "email", "offline_access")
SPELLINGS = (
    *OIDC,
    "Mail.Send",
    "Mail.Send.Shared",
    "Mail.ReadWrite",
    "Mail.ReadWrite.Shared",
    "User.Read",
)
# Microsoft always says how long a token lives; a stand-in may not.
TOKEN_LIFETIME = timedelta(minutes=5)
LONGEST_LIFETIME = timedelta(days=1)
TOKEN = re.compile("[!-~]+")  # what a header can carry, RFC 6750 section 2.1


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What the token endpoint gave."""

    access_token: str = field(repr=False)
    expires_at: datetime
    refresh_token: str | None = field(default=None, repr=False)
    id_token: str | None = field(default=None, repr=False)
    scopes: frozenset[str]  # short names, spelled as in SPELLINGS


def authorize_url(
    registration: Registration,
    *,
    state: str,
    nonce: str,
    verifier: str,
    scopes: Iterable[str],
) -> str:
    """Return where a browser signs in; the answer comes to the Redirect URI.

    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
    """
    query = {
        "client_id": registration.client_id,
        "response_type": "code",
        "redirect_uri": registration.redirect_uri,
        "response_mode": "query",
        "scope": _spelled_out(registration, scopes),
        "state": state,
        "nonce": nonce,
        "prompt": "select_account",
        "code_challenge": credential.fingerprint(verifier.encode()),
        "code_challenge_method": "S256",
    }
    return f"{registration.address('oauth2/v2.0/authorize')}?{urlencode(query)}"


def approve_url(
    registration: Registration, *, state: str, scopes: Iterable[str]
) -> str:
    """Return where an admin approves permissions for the whole organization.

    https://learn.microsoft.com/entra/identity-platform/v2-admin-consent
    """
    query = {
        "client_id": registration.client_id,
        "redirect_uri": registration.redirect_uri,
        "scope": _spelled_out(registration, scopes),
        "state": state,
    }
    return f"{registration.address('v2.0/adminconsent')}?{urlencode(query)}"


def redeem(
    registration: Registration, *, code: str, verifier: str, scopes: Iterable[str]
) -> Grant:
    """Turn the code of a callback into tokens; raise a MicrosoftError."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": registration.redirect_uri,
        "code_verifier": verifier,
    }
    return _ask(registration, form, tuple(scopes))


def renew(
    registration: Registration, refresh_token: str, scopes: Iterable[str]
) -> Grant:
    """Turn a refresh token into new tokens; without a new one in the answer keep it."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return _ask(registration, form, tuple(scopes))


def app_token(registration: Registration) -> Grant:
    """Get a token for the application itself, with all it was approved for."""
    return _ask(registration, {"grant_type": "client_credentials"}, (".default",))


def _ask(
    registration: Registration, form: dict[str, str], scopes: tuple[str, ...]
) -> Grant:
    form["scope"] = _spelled_out(registration, scopes)
    if registration.certificate:
        # authlib adds it beside a secret, but not beside an assertion.
        form["client_id"] = registration.client_id
    session = credential.session(registration)
    auth: Any = session.client_auth(session.token_endpoint_auth_method)
    headers = {"Accept": "application/json"}
    try:
        response = session.post(
            registration.token_endpoint, data=form, auth=auth, headers=headers
        )
    except net.Lost as lost:
        raise Unreachable(str(lost)) from lost
    return _grant(registration, refusals.read(response), scopes)


def _grant(
    registration: Registration, answer: dict[str, Any], asked: tuple[str, ...]
) -> Grant:
    token = _token(answer.get("access_token"))
    if not token:
        raise Unreachable("Microsoft's sign-in answered without a token.")
    refresh_token = _token(answer.get("refresh_token"))
    granted = (_text(answer.get("scope")) or "").split() or asked
    # Its name is often left out of the answer, though what it stands for is there.
    more = ("offline_access",) if refresh_token else ()
    return Grant(
        access_token=token,
        expires_at=clock.now() + _lifetime(answer.get("expires_in")),
        refresh_token=refresh_token,
        id_token=_token(answer.get("id_token")),
        scopes=_shortened(registration, (*granted, *more), asked),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _token(value: object) -> str | None:
    """Take no token that a header would refuse: its error quotes it, and is logged."""
    text = _text(value)
    return text if text and TOKEN.fullmatch(text) else None


def _lifetime(seconds: object) -> timedelta:
    """Read `expires_in`, which older endpoints give as text."""
    try:
        told = timedelta(seconds=max(int(str(seconds)), 0))
    except (ValueError, OverflowError):
        return TOKEN_LIFETIME
    return min(told, LONGEST_LIFETIME)


def _spelled_out(registration: Registration, scopes: Iterable[str]) -> str:
    """Put the cloud's Graph before each name that is not sign-in's own."""
    prefix = registration.scope_prefix
    whole = (n if n in OIDC or "://" in n else f"{prefix}{n}" for n in scopes)
    return " ".join(dict.fromkeys(whole))


def _shortened(
    registration: Registration, names: Iterable[str], asked: Iterable[str]
) -> frozenset[str]:
    """Strip the prefix; spell each name the way we do, whatever case it came in."""
    prefix = registration.scope_prefix.casefold()
    spellings = {name.casefold(): name for name in (*SPELLINGS, *asked)}
    short = (n[len(prefix) :] if n.casefold().startswith(prefix) else n for n in names)
    return frozenset(spellings.get(name.casefold(), name) for name in short)
