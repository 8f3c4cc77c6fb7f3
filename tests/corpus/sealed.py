"""Mails that are really signed and encrypted, by S/MIME."""

from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from tests.corpus.by_hand import HTML, TEXT, file, parts, start

SECRET = parts(TEXT, HTML, file("Content-Disposition: attachment; filename=secret.pdf"))
DETACHED = "smime signed"
OPAQUE = "smime signed as one"
SIGNED = (DETACHED, OPAQUE)
ENVELOPED = "smime encrypted"


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def certificate() -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ann")])
    since = datetime(2026, 1, 1, tzinfo=UTC)
    built = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key().public_key(),
        serial_number=1,
        not_valid_before=since,
        not_valid_after=since + timedelta(days=9999),
    )
    return built.sign(key(), hashes.SHA256())


def mails() -> dict[str, bytes]:
    signer = pkcs7.PKCS7SignatureBuilder().set_data(SECRET)
    signer = signer.add_signer(certificate(), key(), hashes.SHA256())
    sealer = pkcs7.PKCS7EnvelopeBuilder().set_data(SECRET)
    sealer = sealer.add_recipient(certificate())
    encoding, binary = serialization.Encoding.SMIME, pkcs7.PKCS7Options.Binary
    detached = pkcs7.PKCS7Options.DetachedSignature
    made = {
        DETACHED: signer.sign(encoding, [detached, binary]),
        OPAQUE: _one("signed-data", signer),
        ENVELOPED: sealer.encrypt(encoding, [binary]),
    }
    return {name: start(name) + _without_version(raw) for name, raw in made.items()}


def opened(raw: bytes) -> bytes:
    """Decrypt what was encrypted."""
    return pkcs7.pkcs7_decrypt_smime(raw, certificate(), key(), [])


def _one(kind: str, signer: pkcs7.PKCS7SignatureBuilder) -> bytes:
    whole = signer.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
    return file(
        "Content-Disposition: attachment; filename=smime.p7m",
        whole,
        f"application/pkcs7-mime; smime-type={kind}; name=smime.p7m",
    )


def _without_version(raw: bytes) -> bytes:
    canonical = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return canonical.replace(b"MIME-Version: 1.0\r\n", b"", 1)
