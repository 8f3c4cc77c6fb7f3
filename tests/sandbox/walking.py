"""The ways a test walks through the sandbox: asked for, signed in, sent."""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from tests.sandbox import contract
from tests.sandbox.serving import CALLBACK, TIMEOUT_SECONDS, Sandbox

SCOPE = "openid profile email offline_access Mail.Send"
SHARED = f"{SCOPE} Mail.Send.Shared"
EVERYTHING = f"{SHARED} Mail.ReadWrite Mail.ReadWrite.Shared"
ADMIN = "admin@contoso.example"
REPORTS = "reports@contoso.example"
ALEX = "alex@contoso.example"
NOREPLY = "noreply@contoso.example"
TEAM = "team@contoso.example"
ALIAS = "it@contoso.example"
PAT = "pat@fabrikam.example"


def authorize_url(sandbox: Sandbox, tenant: str = TENANT_ID, **more: Any) -> str:
    """Return an address to sign in at; None leaves a parameter out."""
    ask: dict[str, Any] = {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "redirect_uri": CALLBACK,
        "scope": SCOPE,
        "state": "s1",
    }
    query = {name: value for name, value in (ask | more).items() if value is not None}
    return f"{sandbox.url}/{tenant}/oauth2/v2.0/authorize?{urlencode(query)}"


def approval_url(sandbox: Sandbox, tenant: str = TENANT_ID, **more: Any) -> str:
    """Return an address to approve at for a whole organization."""
    ask = {
        "client_id": CLIENT_ID,
        "redirect_uri": CALLBACK,
        "scope": "https://graph.microsoft.com/.default",
        "state": "s1",
    }
    return f"{sandbox.url}/{tenant}/v2.0/adminconsent?{urlencode(ask | more)}"


def answer_of(address: str) -> dict[str, str]:
    """Return the query one was sent back with."""
    query = parse_qs(urlsplit(address).query)
    return {name: values[0] for name, values in query.items()}


def code(sandbox: Sandbox, as_: str = ADMIN, **more: Any) -> str:
    """Sign in and consent; return the code."""
    back = sandbox.sign_in(None, authorize_url(sandbox, **more), as_=as_)
    return answer_of(back)["code"]


def ask_token(
    sandbox: Sandbox, tenant: str = TENANT_ID, **form: Any
) -> requests.Response:
    """Ask the token endpoint as the registered application; None leaves out."""
    whole: dict[str, Any] = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        **form,
    }
    return sandbox.session.post(
        f"{sandbox.url}/{tenant}/oauth2/v2.0/token",
        data={name: value for name, value in whole.items() if value is not None},
        timeout=TIMEOUT_SECONDS,
    )


def redeem(sandbox: Sandbox, code: str, **form: Any) -> requests.Response:
    """Exchange a code."""
    whole: dict[str, Any] = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        **form,
    }
    return ask_token(sandbox, **whole)


def renew(sandbox: Sandbox, refresh_token: str, **form: Any) -> requests.Response:
    """Exchange a refresh token."""
    whole: dict[str, Any] = {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
        **form,
    }
    return ask_token(sandbox, **whole)


def tokens(sandbox: Sandbox, as_: str = ADMIN, scope: str = SCOPE) -> dict[str, Any]:
    """Sign in, consent and return what the token endpoint answers."""
    answer = redeem(sandbox, code(sandbox, as_, scope=scope))
    assert answer.ok, answer.text
    found: dict[str, Any] = answer.json()
    return found


def claims_of(sandbox: Sandbox, id_token: str) -> dict[str, Any]:
    """Verify an id_token with the published keys and return its claims."""
    base = f"{sandbox.url}/{TENANT_ID}"
    found = sandbox.session.get(
        f"{base}/v2.0/.well-known/openid-configuration", timeout=9
    ).json()
    keys = KeySet.import_key_set(
        sandbox.session.get(found["jwks_uri"], timeout=9).json()
    )
    claims = jwt.decode(id_token, keys, algorithms=["RS256"]).claims
    assert claims["iss"] == found["issuer"]
    return claims


def application_token(sandbox: Sandbox, *, approved: bool = True) -> str:
    """Return the application's own token, approved by the administrator before."""
    if approved:
        sandbox.sign_in(None, approval_url(sandbox))
    answer = ask_token(
        sandbox,
        grant_type="client_credentials",
        scope="https://graph.microsoft.com/.default",
    )
    return str(answer.json()["access_token"])


def letter(subject: str = "hello", **more: Any) -> dict[str, Any]:
    """Return the JSON of a small message."""
    return {
        "subject": subject,
        "body": {"contentType": "text", "content": "hi"},
        "toRecipients": [{"emailAddress": {"address": "jane@example.com"}}],
        **more,
    }


def from_(address: str) -> dict[str, Any]:
    """Return the from property of a message."""
    return {"from": {"emailAddress": {"address": address}}}


def send(
    sandbox: Sandbox, token: str, path: str = "/me/sendMail", **more: Any
) -> requests.Response:
    """Send a message: JSON by default, `data` and `content_type` for another body.

    The answer is held against Microsoft's description, unless `unchecked`.
    """
    if "data" not in more and "json" not in more:
        more["json"] = {"message": letter(**more.pop("letter", {}))}
    return graph(sandbox, token, "POST", path, **more)


def graph(
    sandbox: Sandbox, token: str, method: str, path: str, **more: Any
) -> requests.Response:
    """Call Graph; the answer is held against Microsoft's description."""
    unchecked = more.pop("unchecked", False)
    headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
    if "data" in more:
        headers["Content-Type"] = more.pop("content_type", "text/plain")
    answer = sandbox.session.request(
        method,
        f"{sandbox.url}/v1.0{path}",
        headers=headers,
        timeout=TIMEOUT_SECONDS,
        **more,
    )
    return answer if unchecked else contract.check(answer)


def problem(answer: requests.Response) -> tuple[int, str]:
    """Return status and code of Graph's refusal."""
    return answer.status_code, answer.json()["error"]["code"]


def refusal(answer: requests.Response) -> tuple[int, str, int]:
    """Return status, OAuth error and AADSTS number."""
    body = answer.json()
    return answer.status_code, body["error"], body["error_codes"][0]
