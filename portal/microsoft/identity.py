"""Who signed in: whom an organization's id_token names, once it has proven that."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit
from uuid import UUID

from portal.explanations.sign_in import NO_ORGANIZATION
from portal.issuer import proof
from portal.issuer.identity import Identity, document, text, verified
from portal.issuer.proof import Claims, Expected
from portal.issuer.refusals import IdentityRefused, LoginRefused
from portal.microsoft import refusals
from portal.microsoft.login import Registration

NAME = "Microsoft"
CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"  # private accounts, no organization
NAMELESS = (
    "Microsoft did not say who signed in. Please check that the application may read"
    " the profile."
)


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """An organization's directory, as its discovery document describes it."""

    id: str  # GUID
    issuer: str
    jwks_uri: str


def discover(login_url: str, tenant: str, *, fresh: bool = False) -> Tenant:
    """Find the directory behind a domain or GUID; raise an IssuerError.

    Unless it has to be `fresh`, what was found within a day is told again.

    https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
    """
    authority = f"{login_url.rstrip('/')}/{quote(tenant, safe='')}"
    try:
        told = document(
            f"{authority}/v2.0/.well-known/openid-configuration",
            refusals.read,
            fresh=fresh,
        )
    except LoginRefused as error:
        # Its only question is which organization, so that is what was refused.
        raise LoginRefused(NO_ORGANIZATION.sentence, code=error.code).because(
            NO_ORGANIZATION.name
        ) from error
    issuer = str(told.get("issuer", ""))
    directory = _guid_in(issuer) or _guid_in(f"/{tenant}/")
    if not directory:
        raise LoginRefused(
            "This names no single organization. Please give the Directory (Tenant) ID."
        )
    jwks_uri = str(told.get("jwks_uri", ""))
    if _origin(jwks_uri) != _origin(login_url):
        # We go nowhere but where the operator sent us.
        jwks_uri = f"{authority}/discovery/v2.0/keys"
    return Tenant(
        id=directory,
        issuer=issuer.replace("{tenantid}", directory),
        jwks_uri=jwks_uri,
    )


def _guid_in(address: str) -> str:
    for part in _split(address).path.split("/"):
        try:
            return str(UUID(part))
        except ValueError:
            continue
    return ""


def _origin(address: str) -> tuple[str, str]:
    parts = _split(address)
    return parts.scheme, parts.netloc


def _split(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:  # it comes from elsewhere, and may be no address at all
        return urlsplit("")


def identify(registration: Registration, id_token: str, nonce: str | None) -> Identity:
    """Check an id_token and tell who it names; raise IdentityRefused or Unreachable."""
    tenant = discover(registration.login_url, registration.tenant)
    claims = verified(tenant.jwks_uri, id_token, refusals.read, NAME)
    _check_organization(claims, tenant)
    expected = Expected(
        issuer=NAME,
        names=frozenset({tenant.issuer}),
        client_id=registration.client_id,
        nonce=nonce,
    )
    proof.check(claims, expected)
    if not text(claims.get("oid")):
        raise IdentityRefused(NAMELESS, code="nameless")
    return Identity(
        tid=tenant.id,
        oid=text(claims["oid"]),
        issuer=tenant.issuer,
        username=text(claims.get("preferred_username")),
        email=text(claims.get("email")),
        name=text(claims.get("name")),
        roles=_texts(claims.get("roles")),
    )


def _texts(value: object) -> frozenset[str]:
    found = map(text, value if isinstance(value, list) else [])
    return frozenset(filter(None, found))


def _check_organization(claims: Claims, tenant: Tenant) -> None:
    """Raise IdentityRefused for whoever is none of the organization's own."""
    for code, strange, sentence in STRANGERS:
        if strange(claims, tenant):
            raise IdentityRefused(sentence, code=code)


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


STRANGERS: tuple[tuple[str, Callable[[Claims, Tenant], bool], str], ...] = (
    (
        "private_account",
        _of_a_private_account,
        "This is a private Microsoft account. Please sign in with one of the"
        " organization's.",
    ),
    (
        "other_organization",
        _of_another_organization,
        "This account belongs to another Microsoft organization. Please sign in with"
        " one of the organization that this portal is registered for.",
    ),
    (
        "guest",
        _of_a_guest,
        "This account is a guest in the organization. Please sign in with one of its"
        " own.",
    ),
)
