"""The authority of the sandbox, and the certificate that it gave its SMTP server.

Both are made once and kept, so that a client which trusts the first goes on to.
"""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

AUTHORITY = "sandbox-ca.pem"  # what a client trusts
SERVER = "sandbox-smtp.pem"  # the server's certificate and key
LIFE = timedelta(days=3650)
NAMES = ("localhost", "smtp.office365.com")
ADDRESSES = ("127.0.0.1", "::1")

Key = ec.EllipticCurvePrivateKey


def certified(folder: Path) -> tuple[Path, Path]:
    """Return the files of the authority and of the server, made if need be."""
    authority, server = folder / AUTHORITY, folder / SERVER
    if not (authority.is_file() and server.is_file()):
        folder.mkdir(parents=True, exist_ok=True)
        _make(authority, server)
    return authority, server


def _make(authority: Path, server: Path) -> None:
    signer, key = _new_key(), _new_key()
    root = _certificate("Sandbox authority", signer, None)
    leaf = _certificate("localhost", key, (root, signer))
    whole = leaf.public_bytes(Encoding.PEM) + key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    server.touch(mode=0o600)
    server.write_bytes(whole)
    authority.write_bytes(root.public_bytes(Encoding.PEM))


def _new_key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def _certificate(
    name: str, key: Key, issuer: tuple[x509.Certificate, Key] | None
) -> x509.Certificate:
    """Make a certificate; without an issuer it is an authority of its own."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = issuer[1] if issuer else key
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LIFE)
        .add_extension(_own_id(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
            critical=False,
        )
        .add_extension(_constraints(issuer is None), critical=True)
        .add_extension(_usage(issuer is None), critical=True)
    )
    if issuer:
        made = made.add_extension(_alternatives(), critical=False)
    return made.sign(signer, SHA256())


def _own_id(key: Key) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key())


def _constraints(authority: bool) -> x509.BasicConstraints:
    return x509.BasicConstraints(ca=authority, path_length=0 if authority else None)


def _usage(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _alternatives() -> x509.SubjectAlternativeName:
    names = [x509.DNSName(name) for name in NAMES]
    addresses = [x509.IPAddress(ip_address(each)) for each in ADDRESSES]
    return x509.SubjectAlternativeName([*names, *addresses])
