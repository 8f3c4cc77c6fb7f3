"""Who signed in, and the signature that proves it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import RSAKey

from portal import clock, net
from portal.explanations.own.identity import UNSIGNED
from portal.issuer.proof import Claims
from portal.issuer.refusals import IdentityRefused, reaching

CACHED = timedelta(hours=24)
LOOK_AGAIN_AFTER = timedelta(minutes=1)

Read = Callable[[net.Response], dict[str, Any]]  # an issuer's answer, or its refusal


@dataclass(frozen=True, kw_only=True)
class Named:
    """What an issuer calls somebody; it may leave out all of it but `oid`."""

    oid: str  # the user in an organization; it never changes
    username: str
    email: str
    name: str  # whatever they like, hence nothing is decided by it

    @property
    def address(self) -> str:
        """Return the address that mail for somebody goes to; "" if none is named."""
        return self.email or self.username

    @property
    def unique(self) -> str:
        """Return what nobody else is called, as a command that gives a right needs."""
        return self.username or self.email or self.oid

    @property
    def called(self) -> str:
        """Return how somebody is shown: a name in quotes, for it may look like more."""
        own = f"“{self.name}”" if self.name else self.oid
        return self.username or self.email or own


@dataclass(frozen=True, kw_only=True)
class Identity(Named):
    """Who signed in; only `tid` and `oid` never change."""

    tid: str  # the organization
    issuer: str
    roles: frozenset[str] = frozenset()  # of this application, given in Entra


def verified(jwks_uri: str, id_token: str, read: Read, issuer: str) -> Claims:
    """Return the claims of a token that a key from there has signed.

    Keys are rolled without notice, and one may be replaced under its id, so look twice.
    Raises IdentityRefused, which calls the issuer by its name, or Unreachable.
    """
    try:
        try:
            return _claims(id_token, document(jwks_uri, read))
        except (KeyError, BadSignatureError):
            return _claims(id_token, _anew(jwks_uri, read))
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise IdentityRefused(UNSIGNED, issuer=issuer) from error


def printable(value: object) -> str:
    """Take a text as a whole or not at all: cut, it might name somebody else."""
    return value if isinstance(value, str) and value.isprintable() else ""


# This algorithm and nothing else, whatever the token's own header asks for.
_RS256 = jws.JWSRegistry(algorithms=["RS256"], strict_check_header=False)


def _claims(id_token: str, published: dict[str, Any]) -> Claims:
    kid = str(jws.extract_compact(id_token.encode()).headers().get("kid", ""))
    key = RSAKey.import_key(_signing_key(kid, published))
    return jwt.decode(id_token, key, registry=_RS256).claims


def _signing_key(kid: str, published: dict[str, Any]) -> dict[str, Any]:
    """Find a key by its id, or raise KeyError.

    A token need not name it where there is but one (OpenID Connect Core 10.1).
    """
    known = _keys(published)
    named = [key for key in known if key.get("kid") == kid] if kid else known
    if named and (kid or len(named) == 1):
        # Its private part is nobody's business, and would be computed with.
        return {name: named[0][name] for name in ("kty", "n", "e")}
    raise KeyError(kid)


def _keys(published: dict[str, Any]) -> list[dict[str, Any]]:
    keys = published.get("keys")
    return [k for k in keys if isinstance(k, dict)] if isinstance(keys, list) else []


_documents: dict[str, tuple[datetime, dict[str, Any]]] = {}
_looked_again: dict[str, datetime] = {}


def _anew(url: str, read: Read) -> dict[str, Any]:
    """Fetch a document once more, at most once a minute: forgers cost nobody more."""
    last = _looked_again.get(url)
    if last and clock.now() - last < LOOK_AGAIN_AFTER:
        return document(url, read)
    found = document(url, read, fresh=True)
    _looked_again[url] = clock.now()
    return found


def document(url: str, read: Read, *, fresh: bool = False) -> dict[str, Any]:
    """Return a public document of an issuer's, at most a day old."""
    known = _documents.get(url)
    if known and not fresh and clock.now() - known[0] < CACHED:
        return known[1]
    with reaching():
        response = net.session().get(url, headers={"Accept": "application/json"})
    found = read(response)
    _documents[url] = (clock.now(), found)
    return found


def forget() -> None:
    """Forget all documents: who has an address now may be another than before."""
    _documents.clear()
    _looked_again.clear()
