"""Google's sign-in: where to send a browser, and how tokens are got and renewed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from portal import clock, net
from portal.google import refusals
from portal.issuer import grant as given
from portal.issuer import identity
from portal.issuer.grant import Grant
from portal.issuer.refusals import INVALID_CLIENT, Unreachable, reaching

DISCOVERY = "/.well-known/openid-configuration"
BY_FORM = "client_secret_post"
JSON = {"Accept": "application/json"}
# As they are asked for, and as an answer may call them.
SPELLINGS = {
    "https://www.googleapis.com/auth/userinfo.email": "email",
    "https://www.googleapis.com/auth/userinfo.profile": "profile",
}


@dataclass(frozen=True, kw_only=True)
class Client:
    """An OAuth client of the Google Cloud console, and where Google is."""

    client_id: str
    secret: str = field(repr=False)
    url: str  # "https://accounts.google.com"
    redirect_uri: str

    @property
    def origin(self) -> str:
        """Which OAuth client it is, and who vouches by it."""
        return f"{self.url} {self.client_id}"


def document(client: Client, *, fresh: bool = False) -> dict[str, Any]:
    """Return what Google tells of its own addresses; raise an IssuerError.

    https://developers.google.com/identity/openid-connect/openid-connect#discovery
    """
    return identity.document(f"{client.url}{DISCOVERY}", refusals.read, fresh=fresh)


def address(client: Client, name: str) -> str:
    """Return one of those addresses; raise an IssuerError."""
    found = given.text(document(client).get(name))
    if not _safe(client, found):
        raise Unreachable("Google's sign-in does not say where it is.")
    return found


def authorize_url(
    client: Client, *, state: str, nonce: str, verifier: str, scopes: Iterable[str]
) -> str:
    """Return where a browser signs in; the answer comes to the Redirect URI.

    Only `prompt=consent` brings a refresh token again, whatever was allowed before.
    https://developers.google.com/identity/protocols/oauth2/web-server#creatingclient
    """
    query = {
        "client_id": client.client_id,
        "response_type": "code",
        "redirect_uri": client.redirect_uri,
        "scope": " ".join(sorted(scopes)),
        "access_type": "offline",
        "prompt": "select_account consent",
        "hd": "*",  # accounts of organizations are offered; a personal one is refused
        "include_granted_scopes": "false",
        "state": state,
        "nonce": nonce,
        "code_challenge": create_s256_code_challenge(verifier),  # type: ignore[no-untyped-call]
        "code_challenge_method": "S256",
    }
    return f"{address(client, 'authorization_endpoint')}?{urlencode(query)}"


def redeem(client: Client, *, code: str, verifier: str, scopes: Iterable[str]) -> Grant:
    """Turn the code of a callback into tokens; raise an IssuerError."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.redirect_uri,
        "code_verifier": verifier,
    }
    return _ask(client, form, scopes)


def renew(client: Client, refresh_token: str, scopes: Iterable[str]) -> Grant:
    """Turn a refresh token into a new access token; Google gives no new one of it."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return _ask(client, form, scopes)


def _safe(client: Client, found: str) -> bool:
    """Tell whether it is as safe a place as the one that told of it."""
    scheme, _, _ = client.url.partition("://")
    return found.startswith(("https://", f"{scheme}://"))


def _ask(client: Client, form: dict[str, str], asked: Iterable[str]) -> Grant:
    answer = refusals.read(_posted(client, form))
    token = given.token(answer.get("access_token"))
    if not token:
        raise Unreachable("Google's sign-in answered without a token.")
    told = given.text(answer.get("scope")).split()
    return Grant(
        access_token=token,
        expires_at=clock.now() + given.lifetime(answer.get("expires_in")),
        refresh_token=given.token(answer.get("refresh_token")),
        id_token=given.token(answer.get("id_token")),
        scopes=frozenset(SPELLINGS.get(name, name) for name in told or asked),
    )


@reaching()
def _posted(client: Client, form: dict[str, str]) -> net.Response:
    if not client.secret:
        raise refusals.refused(INVALID_CLIENT)
    session = OAuth2Session(client.client_id, client.secret, BY_FORM)
    net.furnish(session)
    auth: Any = session.client_auth(BY_FORM)
    place = address(client, "token_endpoint")
    return session.post(place, data=form, auth=auth, headers=JSON)
