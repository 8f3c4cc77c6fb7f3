"""The registered application, and how it proves that it is the one who asks."""

import base64
import hashlib
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import quote
from uuid import uuid4

from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from portal import clock, net
from portal.issuer.refusals import CredentialRefused
from portal.microsoft.login import directory

# How a certificate signs, and which header names it: by the SHA of its DER bytes.
ALGORITHMS = {"PS256": "x5t#S256", "RS256": "x5t"}
ASSERTION_LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Registration:
    """The application as it is registered in Entra, and where Entra is."""

    tenant: str  # GUID or domain
    client_id: str
    secret: str | None = field(default=None, repr=False)
    certificate: str | None = field(default=None, repr=False)  # PEM with its key
    certificate_algorithm: str = "PS256"  # one of ALGORITHMS
    login_url: str  # "https://login.microsoftonline.com"
    scope_prefix: str  # "https://graph.microsoft.com/"
    redirect_uri: str
    # Exchange's, of which the first is asked with, and any may come back.
    submission_prefixes: tuple[str, ...] = ("https://outlook.office.com/",)
    # The same with the credential that serves too, while one is renewed.
    other: "Registration | None" = field(default=None, repr=False, compare=False)
    # Told when Microsoft refuses the credential.
    on_refusal: Callable[[CredentialRefused], None] = field(
        default=lambda _: None, repr=False, compare=False
    )

    def address(self, path: str) -> str:
        return f"{self.login_url.rstrip('/')}/{quote(self.tenant, safe='')}/{path}"

    @property
    def token_endpoint(self) -> str:
        return self.address("oauth2/v2.0/token")

    @property
    def origin(self) -> str:
        """Which application of which organization it is, and who vouches for it."""
        return f"{self.token_endpoint} {self.client_id}"


def session(registration: Registration) -> OAuth2Session:
    """Return an HTTP session that can prove itself; raise CredentialRefused."""
    if registration.certificate:
        made = _signing(registration, registration.certificate)
    elif registration.secret:
        made = OAuth2Session(
            registration.client_id, registration.secret, "client_secret_post"
        )
    else:
        raise CredentialRefused("The application has no client secret or certificate.")
    net.furnish(made)
    return made


def fingerprint(data: bytes) -> str:
    """Return the SHA-256 of some bytes as sign-in spells it."""
    return _encoded(hashlib.sha256(data).digest())


def _signing(registration: Registration, certificate: str) -> OAuth2Session:
    """Prove who we are by a signed assertion instead of a secret.

    https://learn.microsoft.com/entra/identity-platform/certificate-credentials
    """
    key, der = _read_certificate(certificate)
    algorithm = registration.certificate_algorithm
    now = clock.now()
    claims = {
        "jti": str(uuid4()),
        "iat": int(now.timestamp()),
        "nbf": int(now.timestamp()),
        "exp": int((now + ASSERTION_LIFETIME).timestamp()),
    }
    tenant = directory.id_of(registration.login_url, registration.tenant)
    signature = PrivateKeyJWT(
        replace(registration, tenant=tenant).token_endpoint,
        claims=claims,
        headers={ALGORITHMS[algorithm]: _thumbprint(der, algorithm)},
        alg=algorithm,
    )
    return OAuth2Session(registration.client_id, key, signature)


def _read_certificate(pem: str) -> tuple[RSAKey, bytes]:
    """Return the private key, and the certificate as DER."""
    try:
        key = RSAKey.import_key(_block(pem, "[A-Z ]*PRIVATE KEY"))
        der = ssl.PEM_cert_to_DER_cert(_block(pem, "CERTIFICATE"))
    except (JoseError, ValueError, TypeError) as error:
        raise CredentialRefused(
            "The certificate cannot be used: please give a certificate and its RSA key,"
            " without a password, as PEM."
        ) from error
    return key, der


def _thumbprint(der: bytes, algorithm: str) -> str:
    """Name a certificate as the header of this algorithm does."""
    if algorithm == "PS256":
        return fingerprint(der)
    return _encoded(hashlib.sha1(der, usedforsecurity=False).digest())


def _encoded(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _block(pem: str, label: str) -> str:
    found = re.search(
        rf"-----BEGIN ({label})-----.+?-----END \1-----", pem, flags=re.DOTALL
    )
    if not found:
        raise ValueError("This PEM lacks a part.")
    return found.group(0)
