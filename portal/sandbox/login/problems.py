"""How Entra refuses: one table from AADSTS number to OAuth error and sentence.

The numbers are documented; the OAuth error beside 50020, 50057, 50059, 50173, 50194,
700005, 7000218 and the 7000xx of assertions is UNCONFIRMED, and so are the numbers of
the device code flow.
"""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from flask import request
from flask.typing import ResponseReturnValue

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}

TEXTS: dict[int, tuple[str, str]] = {
    28003: ("invalid_request", "The scope of a redemption must not be empty."),
    50011: ("invalid_client", "The redirect URI '{}' is not registered for the app."),
    50020: ("access_denied", "User account '{}' does not exist in tenant '{}'."),
    50057: ("invalid_grant", "The user account is disabled."),
    50058: ("login_required", "No user is signed in, and prompt=none forbids asking."),
    50059: ("invalid_request", "No tenant-identifying information found."),
    50148: ("invalid_grant", "The code_verifier is missing for this code."),
    50173: (
        "invalid_grant",
        "The provided grant has expired due to it being revoked; a fresh auth token"
        " is needed.",
    ),
    50194: (
        "invalid_request",
        "Application '{}' is not configured as a multi-tenant application.",
    ),
    54005: ("invalid_grant", "OAuth2 authorization code was already redeemed."),
    65001: (
        "invalid_grant",
        "The user or administrator has not consented to use the application with ID"
        " '{}' named 'Mail Portal'.",
    ),
    65004: ("access_denied", "User declined to consent to access the app."),
    70000: ("invalid_grant", "The provided grant is invalid or malformed."),
    70003: ("unsupported_grant_type", "The app requested the grant type '{}'."),
    70008: ("invalid_grant", "The authorization code or refresh token has expired."),
    70011: ("invalid_scope", "The provided value for the input scope '{}' is wrong."),
    70016: ("authorization_pending", "Authorization is pending. Continue polling."),
    70018: ("bad_verification_code", "The verification code is invalid."),
    70019: ("expired_token", "The verification code has expired."),
    90002: ("invalid_request", "Tenant '{}' not found."),
    90013: ("invalid_request", "Invalid input received: {}."),
    90023: ("invalid_request", "Unsupported value for the parameter {}."),
    90033: ("temporarily_unavailable", "A transient error has occurred."),
    90094: ("access_denied", "An administrator has to grant these permissions."),
    500011: ("invalid_resource", "The resource of '{}' was not found in the tenant."),
    501481: ("invalid_grant", "The code_verifier does not match the code_challenge."),
    700005: ("invalid_grant", "The code was issued on another tenant path."),
    700016: ("unauthorized_client", "Application '{}' was not found in '{}'."),
    700021: ("invalid_client", "The assertion's issuer or subject is not the app."),
    700023: ("invalid_client", "The assertion's audience is not this endpoint."),
    700024: ("invalid_client", "The assertion is not within its valid time range."),
    700025: (
        "invalid_client",
        "Client is public so neither 'client_assertion' nor 'client_secret' should be"
        " presented.",
    ),
    700027: ("invalid_client", "The assertion's signature or thumbprint is wrong."),
    700054: ("unsupported_response_type", "response_type '{}' is not enabled."),
    700082: ("invalid_grant", "The refresh token has expired due to inactivity."),
    900144: ("invalid_request", "The request must contain the parameter '{}'."),
    5002727: ("invalid_client", "The assertion's type must be JWT."),
    7000215: ("invalid_client", "Invalid client secret provided."),
    7000218: (
        "invalid_client",
        "The request body must contain 'client_assertion' or 'client_secret'.",
    ),
    7000222: ("invalid_client", "The provided client secret keys are expired."),
    9002326: (
        "invalid_request",
        "Cross-origin redemption is permitted only for single-page apps.",
    ),
}


class Refusal(Exception):
    """Entra says no; carries the AADSTS number."""

    def __init__(self, code: int, *values: str, **more: Any) -> None:
        self.code = code
        self.values = values
        self.error, text = TEXTS[code]
        self.more = more  # "suberror", "error" where the leg has another one
        self.text = f"AADSTS{code}: {text.format(*values)}"
        super().__init__(self.text)


class Stopped(Refusal):
    """A refusal that stays on a page of Microsoft's: nobody is sent back."""


def described(refusal: Refusal) -> dict[str, Any]:
    """Return the members of an error answer, in Entra's shape."""
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ}"
    trace = str(uuid4())
    correlation = request.headers.get("client-request-id") or str(uuid4())
    lines = (
        refusal.text,
        f"Trace ID: {trace}",
        f"Correlation ID: {correlation}",
        f"Timestamp: {now}",
    )
    return {
        "error": refusal.error,
        "error_description": "\r\n".join(lines),
        "error_codes": [refusal.code],
        "timestamp": now,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"{_root(request.url)}/error?code={refusal.code}",
    } | refusal.more


def answer(refusal: Refusal) -> ResponseReturnValue:
    """Answer a program: 401 for the client's own credentials, else 400."""
    status = 401 if refusal.error == "invalid_client" else 400
    return described(refusal), status, NO_STORE


def _root(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
