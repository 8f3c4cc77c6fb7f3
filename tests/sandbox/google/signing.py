"""Signing in at the sandbox's Google."""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from portal.sandbox.google.people import CLIENT_ID, CLIENT_SECRET, MAIL
from tests.sandbox.serving import CALLBACK, Sandbox

DANA = "dana@northwind.example"
BACK = f"{CALLBACK}/google"
VERIFIER = "v" * 50
OFFLINE = {"access_type": "offline", "prompt": "consent"}
CLIENT = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


def asked(sandbox: Sandbox, **more: str) -> str:
    challenge = create_s256_code_challenge(VERIFIER)  # type: ignore[no-untyped-call]
    query = {
        "client_id": CLIENT_ID,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": f"{MAIL} openid email",
        "state": "s",
        "nonce": "n",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        **more,
    }
    return f"{sandbox.url}/google/o/oauth2/v2/auth?{urlencode(query)}"


def signed_in(sandbox: Sandbox, answer: str = "accept", **more: str) -> dict[str, str]:
    """Walk the pages; return what is brought back."""
    back = sandbox.sign_in(None, asked(sandbox, **more), as_=DANA, answer=answer)
    assert back.startswith(f"{BACK}?")
    return {name: each for name, [each] in parse_qs(urlsplit(back).query).items()}


def ask(sandbox: Sandbox, **form: str) -> requests.Response:
    return sandbox.session.post(f"{sandbox.url}/google/token", data=form, timeout=20)


def redeem(sandbox: Sandbox, code: str, **more: str) -> requests.Response:
    form = {"code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    granted = {"grant_type": "authorization_code", **CLIENT, **form, **more}
    return ask(sandbox, **granted)


def tokens(sandbox: Sandbox, **more: str) -> dict[str, Any]:
    answer: dict[str, Any] = redeem(sandbox, signed_in(sandbox, **more)["code"]).json()
    return answer
