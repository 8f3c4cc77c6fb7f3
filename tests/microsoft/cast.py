"""The application that these tests are registered as, and how somebody connects it."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from portal.issuer.grant import Grant
from portal.microsoft import login
from portal.microsoft.login import Registration
from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from tests.sandbox.serving import CALLBACK, Sandbox

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


def sign_in(sandbox: Sandbox, app: Registration, as_: str, scopes: Any) -> str:
    address = login.authorize_url(
        app, state="s1", nonce=NONCE, verifier=VERIFIER, scopes=scopes
    )
    back = parse_qs(urlsplit(sandbox.sign_in(None, address, as_=as_)).query)
    assert back["state"] == ["s1"]
    return back["code"][0]


def connect(
    sandbox: Sandbox,
    app: Registration,
    as_: str = "admin@contoso.example",
    scopes: Any = SCOPES,
) -> Grant:
    code = sign_in(sandbox, app, as_, scopes)
    return login.redeem(app, code=code, verifier=VERIFIER, scopes=scopes)
