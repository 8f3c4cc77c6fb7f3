"""Certificates as PEM: when the first one of a text or file begins, and ends.

The one that a door shows goes on when what was put in its place is none: so the door
notes it in a file of this machine, without its key, for whoever tells when it ends.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from portal.config import pem

SHOWN = "smtp-certificate.pem"


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
        read = _read(given)
    except (OSError, ValueError):
        return None
    return Validity(
        begins_at=read.not_valid_before_utc, ends_at=read.not_valid_after_utc
    )


def shown(given: str, instance: Path) -> Validity | None:
    """Tell of the one that a door shows who was given this, or else was before."""
    if pem.whole(given):
        return validity(given)
    return validity(str(instance / SHOWN)) or validity(given)


def note(given: str, instance: Path) -> None:
    """Note that a door of this machine shows it; raise OSError or ValueError."""
    read = _read(given).public_bytes(Encoding.PEM)
    with NamedTemporaryFile(dir=instance, prefix=SHOWN, delete=False) as file:
        file.write(read)
    Path(file.name).replace(instance / SHOWN)


def _read(given: str) -> x509.Certificate:
    path = pem.path(given)
    text = path.read_text("ascii", "replace") if path else given
    return x509.load_pem_x509_certificate(text.encode())
