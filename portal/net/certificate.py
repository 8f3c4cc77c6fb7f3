"""Certificates as PEM: when the first one of a text or file begins, and ends."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

BEGIN = "-----BEGIN"


@dataclass(frozen=True, kw_only=True)
class Validity:
    """From when until when a certificate is valid."""

    begins_at: datetime
    ends_at: datetime

    @property
    def lifetime(self) -> timedelta:
        return self.ends_at - self.begins_at


def ends_at(given: str) -> datetime | None:
    """Tell when a certificate ends; None for what cannot be read."""
    read = validity(given)
    return read.ends_at if read else None


def validity(given: str) -> Validity | None:
    """Read a certificate, given as PEM or as the path of a file with it.

    None for what cannot be read: whoever uses it says so.
    """
    try:
        pem = given if BEGIN in given else Path(given).read_text("ascii", "replace")
        read = x509.load_pem_x509_certificate(pem.encode())
    except (OSError, ValueError):
        return None
    return Validity(
        begins_at=read.not_valid_before_utc, ends_at=read.not_valid_after_utc
    )
