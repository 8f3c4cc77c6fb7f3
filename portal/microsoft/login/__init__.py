"""Microsoft's sign-in: where to send a browser, and how tokens are got and renewed."""

from collections.abc import Iterable
from urllib.parse import urlencode

from portal.issuer.grant import Grant
from portal.microsoft.login import credential, tokens
from portal.microsoft.login.credential import Registration as Registration


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
        "scope": tokens.spelled_out(registration, scopes),
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
        "scope": tokens.spelled_out(registration, scopes),
        "state": state,
    }
    return f"{registration.address('v2.0/adminconsent')}?{urlencode(query)}"


def redeem(
    registration: Registration, *, code: str, verifier: str, scopes: Iterable[str]
) -> Grant:
    """Turn the code of a callback into tokens; raise an IssuerError."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": registration.redirect_uri,
        "code_verifier": verifier,
    }
    return tokens.ask(registration, form, tuple(scopes))


def renew(
    registration: Registration, refresh_token: str, scopes: Iterable[str]
) -> Grant:
    """Turn a refresh token into new tokens; without a new one in the answer keep it."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return tokens.ask(registration, form, tuple(scopes))


def app_token(registration: Registration, elsewhere: str = "") -> Grant:
    """Get a token for the application itself, with all it was approved for.

    `elsewhere` is the address of another resource than Graph.
    """
    scope = f"{elsewhere}/.default" if elsewhere else ".default"
    return tokens.ask(registration, {"grant_type": "client_credentials"}, (scope,))
