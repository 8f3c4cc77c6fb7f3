"""PEM as an operator gives it: certificates with their keys, and who is trusted."""

import ssl
from pathlib import Path
from tempfile import NamedTemporaryFile

BEGIN = "-----BEGIN"
A_PEM = "a certificate with its key, without a password, as PEM"
AUTHORITIES = "must name a file with certificates of authorities, as PEM"
# Of an encrypted key somebody at the terminal would be asked for it, and all wait.
NO_PASSWORD = ""


def context() -> ssl.SSLContext:
    """Return what shows a certificate, once it is loaded with one."""
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made


def path(given: str) -> Path | None:
    """Return the path that was given, or None if it is PEM itself."""
    return None if BEGIN in given else Path(given)


def load(into: ssl.SSLContext, given: str) -> None:
    """Load a certificate with its key, given as PEM or as the path of a file with it.

    Raises OSError if it is none, or half of it.
    """
    if path(given):
        into.load_cert_chain(given, password=NO_PASSWORD)
    else:
        with NamedTemporaryFile("w", suffix=".pem") as file:  # for our eyes only
            file.write(given)
            file.flush()
            into.load_cert_chain(file.name, password=NO_PASSWORD)


def whole(given: str) -> bool:
    """Tell whether it holds a certificate with its key."""
    try:
        load(context(), given)
    except (OSError, ValueError):  # the latter: bytes that are no text
        return False
    return True


def why(error: OSError) -> str:
    """Tell what kept a file from being read, or loaded."""
    return error.strerror or getattr(error, "reason", "") or type(error).__name__
