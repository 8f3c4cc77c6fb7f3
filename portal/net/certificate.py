"""Certificates as PEM: when the first one of a text or file begins, and ends.

The one that a door shows goes on when what was put in its place is none: so the door
notes it in a file of this machine, without its key, for whoever tells when it ends.
"""

import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

BEGIN = "-----BEGIN"
SHOWN = "smtp-certificate.pem"
# Of an encrypted key somebody at the terminal would be asked for it, and all wait.
NO_PASSWORD = ""


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
    try:
        load(context(), given)
    except OSError:
        return validity(str(instance / SHOWN)) or validity(given)
    return validity(given)


def note(given: str, instance: Path) -> None:
    """Note that a door of this machine shows it; raise OSError or ValueError."""
    read = _read(given).public_bytes(Encoding.PEM)
    with NamedTemporaryFile(dir=instance, prefix=SHOWN, delete=False) as file:
        file.write(read)
    Path(file.name).replace(instance / SHOWN)


def context() -> ssl.SSLContext:
    """Return what shows a certificate, once it is loaded with one."""
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made


def load(into: ssl.SSLContext, given: str) -> None:
    """Load a certificate with its key; raise OSError if it is none, or half of it."""
    if BEGIN not in given:
        return into.load_cert_chain(given, password=NO_PASSWORD)
    with NamedTemporaryFile("w", suffix=".pem") as file:  # for our eyes only
        file.write(given)
        file.flush()
        return into.load_cert_chain(file.name, password=NO_PASSWORD)


def _read(given: str) -> x509.Certificate:
    pem = given if BEGIN in given else Path(given).read_text("ascii", "replace")
    return x509.load_pem_x509_certificate(pem.encode())
