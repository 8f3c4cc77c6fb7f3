"""A certificate and its key, as an application proves with them who it is.

Nothing is spoken with them, so no rule of TLS is asked for.
"""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def fits(given: str) -> bool:
    """Tell whether this PEM holds a certificate, and its key without a password."""
    try:
        certificate = x509.load_pem_x509_certificate(given.encode())
        key = load_pem_private_key(given.encode(), password=None)
        return certificate.public_key() == key.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: has a password
        return False
