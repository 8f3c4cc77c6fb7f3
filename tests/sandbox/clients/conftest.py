"""A sandbox behind TLS, as clients demand it that nobody here wrote."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from tests.sandbox.serving import Sandbox, serve


@dataclass(frozen=True)
class Identity:
    """A self-signed certificate and its key."""

    certificate: bytes
    key: bytes
    sha256: str  # of the DER form, as hex


@dataclass(frozen=True)
class Secured:
    """A sandbox behind TLS, the file to trust it by, and the application's identity."""

    sandbox: Sandbox
    authority: Path
    identity: Identity


@pytest.fixture(scope="session")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """Serve a sandbox on https://localhost, which knows a certificate of the app."""
    folder = tmp_path_factory.mktemp("tls")
    server, identity = identity_of("localhost"), identity_of("Mail Portal")
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(server.certificate)
    key.write_bytes(server.key)
    with serve(tls=(chain, key), certificate=identity.certificate) as sandbox:
        yield Secured(sandbox, chain, identity)


def identity_of(name: str) -> Identity:
    """Make a certificate for a host or an application."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name.replace(" ", "-"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    digest = Hash(SHA256())
    digest.update(certificate.public_bytes(Encoding.DER))
    return Identity(
        certificate=certificate.public_bytes(Encoding.PEM),
        key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        sha256=digest.finalize().hex(),
    )
