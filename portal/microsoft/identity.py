"""Who signed in: what an id_token must prove before anybody believes it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit
from uuid import UUID

from portal.explanations.sign_in import NO_ORGANIZATION
from portal.issuer import identity as proof
from portal.issuer.identity import Identity
from portal.issuer.refusals import IdentityRefused, LoginRefused
from portal.microsoft import aadsts, refusals
from portal.microsoft.login import Registration

CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"  # private accounts, no organization
UNKNOWN = aadsts.CAUSES[90002]


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
        document = proof.document(
            f"{authority}/v2.0/.well-known/openid-configuration",
            refusals.read,
            fresh=fresh,
        )
    except LoginRefused as error:
        # Its only question is which organization, so that is what was refused.
        raise LoginRefused(NO_ORGANIZATION.sentence, code=error.code).because(
            NO_ORGANIZATION.name
        ) from error
    issuer = str(document.get("issuer", ""))
    directory = _guid_in(issuer) or _guid_in(f"/{tenant}/")
    if not directory:
        raise LoginRefused(
            "This names no single organization. Please give the Directory (Tenant) ID."
        )
    jwks_uri = str(document.get("jwks_uri", ""))
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
    """Check an id_token and tell who it names; raise IdentityRefused or Unreachable.

    None for a nonce: it came by a device code, which is a secret of ours as well.
    """
    tenant = discover(registration.login_url, registration.tenant)
    claims = _verified(tenant, id_token)
    for code, refused, sentence in REFUSALS:
        if refused(Proof(claims, tenant, registration.client_id, nonce)):
            raise IdentityRefused(sentence, code=code)
    return Identity(
        tid=tenant.id,
        oid=proof.text(claims["oid"]),
        issuer=tenant.issuer,
        username=proof.text(claims.get("preferred_username")),
        email=proof.text(claims.get("email")),
        name=proof.text(claims.get("name")),
        roles=_texts(claims.get("roles")),
    )


def _texts(value: object) -> frozenset[str]:
    found = map(proof.text, value if isinstance(value, list) else [])
    return frozenset(filter(None, found))


@dataclass(frozen=True)
class Proof:
    """What a token claims, and what it should."""

    claims: dict[str, Any]
    tenant: Tenant
    client_id: str
    nonce: str | None

    def tid(self) -> str:
        return str(self.claims.get("tid", "")).lower()

    def of_a_private_account(self) -> bool:
        return self.tid() == CONSUMERS

    def of_another_organization(self) -> bool:
        return self.tid() != self.tenant.id

    def of_a_guest(self) -> bool:
        # https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
        home = str(self.claims.get("idp") or self.tenant.issuer)
        return self.tenant.id not in home.lower() or self.claims.get("acct") == 1

    def from_elsewhere(self) -> bool:
        return self.claims.get("iss") != self.tenant.issuer

    def for_another_application(self) -> bool:
        audience = self.claims.get("aud")
        return audience not in (self.client_id, [self.client_id])

    def for_another_trip(self) -> bool:
        if self.nonce is None:
            return False
        return not self.nonce or self.claims.get("nonce") != self.nonce

    def out_of_time(self) -> bool:
        return proof.out_of_time(self.claims)

    def nameless(self) -> bool:
        return not proof.text(self.claims.get("oid"))


REFUSALS: tuple[tuple[str, Callable[[Proof], bool], str], ...] = (
    (
        "private_account",
        Proof.of_a_private_account,
        "This is a private Microsoft account. Please sign in with one of the"
        " organization's.",
    ),
    (
        "other_organization",
        Proof.of_another_organization,
        "This account belongs to another Microsoft organization. Please sign in with"
        " one of the organization that this portal is registered for.",
    ),
    (
        "guest",
        Proof.of_a_guest,
        "This account is a guest in the organization. Please sign in with one of its"
        " own.",
    ),
    (
        "issuer",
        Proof.from_elsewhere,
        "This sign-in was not made by Microsoft's sign-in. Please check its address.",
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
        "Microsoft did not say who signed in. Please check that the application may"
        " read the profile.",
    ),
)


def _verified(tenant: Tenant, id_token: str) -> dict[str, Any]:
    """Return the claims of a token that one of the tenant's keys has signed."""
    try:
        return proof.verified(tenant.jwks_uri, id_token, refusals.read)
    except proof.Unsigned as error:
        raise IdentityRefused(
            "The signature of this sign-in is not Microsoft's. Please begin again.",
            code="signature",
        ) from error
