"""Who signed in at Google: what an id_token must prove before anybody believes it.

https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from portal.google import login, refusals
from portal.google.login import Client
from portal.issuer import identity as proof
from portal.issuer.identity import Identity
from portal.issuer.refusals import IdentityRefused


def identify(client: Client, id_token: str, nonce: str | None) -> Identity:
    """Check an id_token and tell who it names; raise an IssuerError."""
    claims = _verified(client, id_token)
    issuers = names(client)
    for code, refused, sentence in REFUSALS:
        if refused(Proof(claims, issuers, client.client_id, nonce)):
            raise IdentityRefused(sentence, code=code)
    email = proof.text(claims["email"])
    return Identity(
        tid=proof.text(claims.get("hd")),
        oid=proof.text(claims["sub"]),
        issuer=proof.text(claims["iss"]),
        username=email,
        email=email,
        name=proof.text(claims.get("name")),
    )


def names(client: Client) -> frozenset[str]:
    """Return what Google calls itself: with https:// before it, and sometimes not."""
    told = str(login.document(client).get("issuer", ""))
    return frozenset(filter(None, (told, told.removeprefix("https://"))))


def calls_itself(client: Client, name: str) -> bool:
    """Tell whether a callback bears Google's name, or none; RFC 9207 section 2.4."""
    return not name or name in names(client)


@dataclass(frozen=True)
class Proof:
    """What a token claims, and what it should."""

    claims: dict[str, Any]
    issuers: frozenset[str]
    client_id: str
    nonce: str | None

    def from_elsewhere(self) -> bool:
        return self.claims.get("iss") not in self.issuers

    def for_another_application(self) -> bool:
        audience = self.claims.get("aud")
        return audience not in (self.client_id, [self.client_id])

    def for_another_trip(self) -> bool:
        return not self.nonce or self.claims.get("nonce") != self.nonce

    def out_of_time(self) -> bool:
        return proof.out_of_time(self.claims)

    def nameless(self) -> bool:
        sure = self.claims.get("email_verified") in (True, "true")
        named = all(proof.text(self.claims.get(name)) for name in ("sub", "email"))
        return not (sure and named)


REFUSALS: tuple[tuple[str, Callable[[Proof], bool], str], ...] = (
    (
        "issuer",
        Proof.from_elsewhere,
        "This sign-in was not made by Google's sign-in. Please check its address.",
    ),
    (
        "audience",
        Proof.for_another_application,
        "This sign-in was made for another application. Please begin again.",
    ),
    (
        "nonce",
        Proof.for_another_trip,
        "This sign-in answers another request. Please begin again.",
    ),
    (
        "time",
        Proof.out_of_time,
        "This sign-in is not valid at this time. Please check this machine's clock,"
        " then begin again.",
    ),
    (
        "nameless",
        Proof.nameless,
        "Google did not name a verified e-mail address of whoever signed in. Please"
        " sign in with an account of Google Workspace.",
    ),
)


def _verified(client: Client, id_token: str) -> dict[str, Any]:
    """Return the claims of a token that one of Google's keys has signed."""
    jwks_uri = login.address(client, "jwks_uri")
    try:
        return proof.verified(jwks_uri, id_token, refusals.read)
    except proof.Unsigned as error:
        raise IdentityRefused(
            "The signature of this sign-in is not Google's. Please begin again.",
            code="signature",
        ) from error
