"""Where everything of Google is, by which name it signs, and with which key.

https://developers.google.com/identity/openid-connect/openid-connect#discovery
"""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from portal.sandbox.google.people import SCOPES
from portal.sandbox.login import clients, mishaps

bp = Blueprint("google_discovery", __name__, url_prefix="/google")
bp.before_request(mishaps.play)


def issuer() -> str:
    """Return what Google calls itself here."""
    return f"{clients.current().base_url}/google"


@bp.get("/.well-known/openid-configuration")
def discovery() -> ResponseReturnValue:
    """Say where everything is."""
    base = issuer()
    return {
        "issuer": base,
        "authorization_endpoint": f"{base}/o/oauth2/v2/auth",
        "token_endpoint": f"{base}/token",
        "revocation_endpoint": f"{base}/revoke",
        "jwks_uri": f"{base}/oauth2/v3/certs",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": [name for name in SCOPES if "/" not in name],
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "client_secret_basic",
        ],
        "code_challenge_methods_supported": ["plain", "S256"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
    }


@bp.get("/oauth2/v3/certs")
def certs() -> ResponseReturnValue:
    """Hand out the public key."""
    key = clients.current().signing_key.as_dict(private=False)
    return {"keys": [key | {"use": "sig", "alg": "RS256"}]}
