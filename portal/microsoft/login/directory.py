"""An organization's directory: which one a domain stands for, and how it signs."""

from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit
from uuid import UUID

from portal.explanations.sign_in import NO_ORGANIZATION
from portal.issuer.identity import document
from portal.issuer.refusals import LoginRefused
from portal.microsoft import refusals


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
        raise NO_ORGANIZATION.as_a(LoginRefused, answer=error.answer) from error
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


def id_of(login_url: str, tenant: str) -> str:
    """Return the GUID of a directory, which a domain only stands for."""
    return _guid_in(f"/{tenant}/") or discover(login_url, tenant).id


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
