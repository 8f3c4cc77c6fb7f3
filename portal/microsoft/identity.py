"""Who signed in: whom an organization's id_token names, once it has proven that."""

from collections.abc import Callable

from portal.explanations import Explanation
from portal.explanations.own.identity import (
    GUEST,
    NAMELESS,
    OTHER_ORGANIZATION,
    PRIVATE_ACCOUNT,
)
from portal.issuer import proof
from portal.issuer.identity import Identity, printable, verified
from portal.issuer.proof import Claims, Expected
from portal.issuer.refusals import IdentityRefused
from portal.microsoft import refusals
from portal.microsoft.login import Registration, directory
from portal.microsoft.login.directory import Tenant

NAME = "Microsoft"
CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"  # private accounts, no organization


def identify(registration: Registration, id_token: str, nonce: str | None) -> Identity:
    """Check an id_token and tell who it names; raise IdentityRefused or Unreachable."""
    tenant = directory.discover(registration.login_url, registration.tenant)
    claims = verified(tenant.jwks_uri, id_token, refusals.read, NAME)
    _check_organization(claims, tenant)
    expected = Expected(
        issuer=NAME,
        names=frozenset({tenant.issuer}),
        client_id=registration.client_id,
        nonce=nonce,
    )
    proof.check(claims, expected)
    if not printable(claims.get("oid")):
        raise IdentityRefused(NAMELESS)
    return Identity(
        tid=tenant.id,
        oid=printable(claims["oid"]),
        issuer=tenant.issuer,
        username=printable(claims.get("preferred_username")),
        email=printable(claims.get("email")),
        name=printable(claims.get("name")),
        roles=_texts(claims.get("roles")),
    )


def _texts(value: object) -> frozenset[str]:
    found = map(printable, value if isinstance(value, list) else [])
    return frozenset(filter(None, found))


def _check_organization(claims: Claims, tenant: Tenant) -> None:
    """Raise IdentityRefused for whoever is none of the organization's own."""
    for strange, why in STRANGERS:
        if strange(claims, tenant):
            raise IdentityRefused(why)


def _of_a_private_account(claims: Claims, _: Tenant) -> bool:
    return _tid(claims) == CONSUMERS


def _of_another_organization(claims: Claims, tenant: Tenant) -> bool:
    return _tid(claims) != tenant.id


def _of_a_guest(claims: Claims, tenant: Tenant) -> bool:
    # https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
    home = str(claims.get("idp") or tenant.issuer)
    return tenant.id not in home.lower() or claims.get("acct") == 1


def _tid(claims: Claims) -> str:
    return str(claims.get("tid", "")).lower()


STRANGERS: tuple[tuple[Callable[[Claims, Tenant], bool], Explanation], ...] = (
    (_of_a_private_account, PRIVATE_ACCOUNT),
    (_of_another_organization, OTHER_ORGANIZATION),
    (_of_a_guest, GUEST),
)
