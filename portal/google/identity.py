"""Who signed in at Google: whom an id_token names, once it has proven that.

https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken
"""

from portal.explanations.google import sign_in
from portal.google import login, refusals
from portal.google.login import Client
from portal.issuer import identity, proof
from portal.issuer.identity import Identity, printable
from portal.issuer.proof import Claims, Expected
from portal.issuer.refusals import IdentityRefused

NAME = "Google"


def identify(client: Client, id_token: str, nonce: str | None) -> Identity:
    """Check an id_token and tell who it names; raise an IssuerError."""
    jwks_uri = login.address(client, "jwks_uri")
    claims = identity.verified(jwks_uri, id_token, refusals.read, NAME)
    expected = Expected(
        issuer=NAME, names=names(client), client_id=client.client_id, nonce=nonce
    )
    proof.check(claims, expected)
    if not _named(claims):
        raise IdentityRefused(sign_in.NAMELESS)
    email, domain = printable(claims["email"]), printable(claims.get("hd"))
    if not domain:
        raise _personal()
    return Identity(
        tid=domain,
        oid=printable(claims["sub"]),
        issuer=printable(claims["iss"]),
        username=email,
        email=email,
        name=printable(claims.get("name")),
    )


def names(client: Client) -> frozenset[str]:
    """Return what Google calls itself: with https:// before it, and sometimes not."""
    told = str(login.document(client).get("issuer", ""))
    return frozenset(filter(None, (told, told.removeprefix("https://"))))


def calls_itself(client: Client, name: str) -> bool:
    """Tell whether a callback bears Google's name, or none; RFC 9207 section 2.4."""
    return not name or name in names(client)


def _personal() -> IdentityRefused:
    """Refuse whom no organization vouches for.

    Anybody may open a personal account with an address that is theirs just then. Where
    an organization is named, Google hosts the address for it, also one in another of
    its domains: so the domain of the address need not be the one that is named.
    https://developers.google.com/identity/gsi/web/guides/verify-google-id-token
    """
    return IdentityRefused(sign_in.PERSONAL)


def _named(claims: Claims) -> bool:
    sure = claims.get("email_verified") in (True, "true")
    return sure and all(printable(claims.get(name)) for name in ("sub", "email"))
