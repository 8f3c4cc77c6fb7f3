"""The application that these tests are registered as, in the sandbox and elsewhere."""

from typing import Any

from portal.microsoft.login import Registration
from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from tests.sandbox.serving import CALLBACK

VERIFIER = "v" * 64
NONCE = "the nonce of this trip"
SCOPES = ("openid", "profile", "email", "offline_access", "Mail.Send")


def registration(login_url: str, **more: Any) -> Registration:
    """Return the application as it is registered at this address."""
    whole = {
        "tenant": TENANT_ID,
        "client_id": CLIENT_ID,
        "secret": CLIENT_SECRET,
        "login_url": login_url,
        "scope_prefix": "https://graph.microsoft.com/",
        "redirect_uri": CALLBACK,
        **more,
    }
    return Registration(**whole)
