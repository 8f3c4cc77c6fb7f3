"""The one registered application, and how it proves at the token endpoint who it is."""

import hashlib
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749.util import extract_basic_authorization
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import current_app, request
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from portal.sandbox import faults
from portal.sandbox.faults import Fault, Kind
from portal.sandbox.login.problems import Refusal
from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, CONTOSO, Tenant, tenant

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CLOCK_SKEW_SECONDS = 300
ANY_TENANT = ("common", "organizations")
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
PUBLIC_GRANTS = (DEVICE_CODE, "refresh_token")  # what a public client may use here


@dataclass(frozen=True, kw_only=True)
class Registration:
    """The app registration "Mail Portal": single tenant, at home in Contoso."""

    redirect_uris: Sequence[str]
    base_url: str
    signing_key: RSAKey
    certificate: x509.Certificate | None = None
    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET


class Assertions(jws.JWSRegistry):
    """Room in the header for x5c, the whole certificate that msal sends along."""

    max_header_length = 16 * 1024


def current() -> Registration:
    """Return the registration of the running application."""
    registration: Registration = current_app.extensions["sandbox.registration"]
    return registration


def at_home(tenant_name: str, client_id: str | None) -> Tenant:
    """Return the organization that a person signs in to; raise Refusal."""
    if not client_id:
        raise Refusal(900144, "client_id")
    found = tenant(tenant_name)
    if not found and tenant_name.lower() not in ANY_TENANT:
        raise Refusal(90002, tenant_name)
    if client_id != current().client_id:
        raise Refusal(700016, client_id, tenant_name)
    if not found:
        raise Refusal(50194, client_id)
    if found is not CONTOSO:
        raise Refusal(700016, client_id, found.name)
    return found


def authenticate(form: dict[str, str], endpoint: str, tenant_id: str) -> None:
    """Check that the app itself is asking; raise Refusal."""
    client_id, secret = _named(form)
    if client_id != current().client_id:
        raise Refusal(700016, client_id, tenant_id)
    if request.headers.get("Origin"):
        raise Refusal(9002326)
    public = _public(form)
    if "client_assertion" in form:
        _check_assertion(form, endpoint)
    elif secret:
        # Whether Entra takes the secret of a client that may be public is UNCONFIRMED.
        if public and public.more.get("secret") == "refused":
            faults.note(Kind.PUBLIC_CLIENT)
            raise Refusal(700025)
        _check_secret(secret)
    elif public:
        faults.note(Kind.PUBLIC_CLIENT)
    else:
        raise Refusal(7000218)


def _public(form: dict[str, str]) -> Fault | None:
    """Return the switch that lets this grant be used without a secret, if it is on."""
    if form.get("grant_type") not in PUBLIC_GRANTS:
        return None
    return faults.switched(Kind.PUBLIC_CLIENT)


def _named(form: dict[str, str]) -> tuple[str, str | None]:
    """Return client id and secret, from the body or a Basic header."""
    header = request.headers.get("Authorization", "")
    if header.lower().startswith("basic "):
        name, secret = extract_basic_authorization({"Authorization": header})
        return name or "", secret
    if "client_id" not in form:
        raise Refusal(900144, "client_id")
    return form["client_id"], form.get("client_secret")


def _check_secret(secret: str) -> None:
    if not secrets.compare_digest(secret.encode(), current().client_secret.encode()):
        raise Refusal(7000215)
    if faults.take(Kind.SECRET_EXPIRED):
        raise Refusal(7000222)


def _check_assertion(form: dict[str, str], endpoint: str) -> None:
    """Check a JWT signed with the registered certificate's key (private_key_jwt)."""
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise Refusal(90023, "client_assertion_type")
    certificate = current().certificate
    if certificate is None:
        raise Refusal(700027)
    header, claims = _opened(form["client_assertion"], certificate)
    if header.get("typ", "JWT") != "JWT":
        raise Refusal(5002727)
    if not _names_certificate(header, certificate):
        raise Refusal(700027)
    _check_claims(claims, endpoint)


def _check_claims(claims: dict[str, Any], endpoint: str) -> None:
    if claims.get("aud") != endpoint:
        raise Refusal(700023)
    if {claims.get("iss"), claims.get("sub")} != {current().client_id}:
        raise Refusal(700021)
    if not _in_time(claims):
        raise Refusal(700024)
    if not claims.get("jti"):
        raise Refusal(90013, "the assertion has no jti")


def _opened(
    assertion: str, certificate: x509.Certificate
) -> tuple[dict[str, Any], dict[str, Any]]:
    public = certificate.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    rules = Assertions(algorithms=["RS256", "PS256"], strict_check_header=False)
    try:
        token = jwt.decode(assertion, RSAKey.import_key(public), registry=rules)
    except (JoseError, ValueError) as error:
        raise Refusal(700027) from error
    return token.header, token.claims


def _names_certificate(header: dict[str, Any], certificate: x509.Certificate) -> bool:
    """PS256 goes with x5t#S256, RS256 with either thumbprint; padding is forgiven."""
    der = certificate.public_bytes(Encoding.DER)
    modern = header.get("x5t#S256")
    if modern is not None:
        return _thumbprint(hashlib.sha256(der)) == str(modern).rstrip("=")
    if header.get("alg") != "RS256":
        return False
    old = hashlib.sha1(der)  # noqa: S324 - a name for the certificate, not a proof
    return _thumbprint(old) == str(header.get("x5t", "")).rstrip("=")


def _thumbprint(digest: Any) -> str:
    return urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()


def _in_time(claims: dict[str, Any]) -> bool:
    now = time.time()
    ends = claims.get("exp")
    begins = claims.get("nbf", claims.get("iat", 0))
    return (
        isinstance(ends, int | float)
        and isinstance(begins, int | float)
        and begins - CLOCK_SKEW_SECONDS <= now < ends + CLOCK_SKEW_SECONDS
    )
