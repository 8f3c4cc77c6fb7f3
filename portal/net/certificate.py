"""Certificates as PEM: when the first one of a text or file ends."""

from datetime import datetime
from pathlib import Path

from cryptography import x509

BEGIN = "-----BEGIN"


def ends_at(given: str) -> datetime | None:
    """Tell when a certificate ends, given as PEM or as the path of a file with it.

    None for what cannot be read: whoever uses it says so.
    """
    try:
        pem = given if BEGIN in given else Path(given).read_text("ascii", "replace")
        return x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc
    except (OSError, ValueError):
        return None
