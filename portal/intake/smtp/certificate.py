"""The certificate that the SMTP door shows, read anew when its file changes."""

import logging
import ssl
from pathlib import Path
from tempfile import NamedTemporaryFile

from portal.errors import ConfigError

BEGIN = "-----BEGIN"
# Of an encrypted key somebody at the terminal would be asked for it, and all wait.
NO_PASSWORD = ""
WRONG = (
    "PORTAL_SMTP_CERTIFICATE must hold, or name a file with, a certificate and its key"
    " as PEM: {why}."
)

log = logging.getLogger(__name__)


class Certificate:
    """One TLS context for all connections; whoever connects later sees the newest."""

    def __init__(self, given: str) -> None:
        """Take PEM with its key, or the path of such a file; raise ConfigError."""
        self._path = None if BEGIN in given else Path(given)
        self._seen = self._version()
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            if self._path:
                self.context.load_cert_chain(self._path, password=NO_PASSWORD)
            else:
                _load(self.context, given)
        except OSError as error:  # ssl.SSLError is one
            raise ConfigError(WRONG.format(why=_why(error))) from error

    def renew(self) -> None:
        """Look whether the file has changed; what cannot be read changes nothing."""
        if self._path is None or (version := self._version()) == self._seen:
            return
        self._seen = version
        try:
            # First elsewhere: half of a pair would leave the context without one.
            probe = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            for context in (probe, self.context):
                context.load_cert_chain(self._path, password=NO_PASSWORD)
        except OSError as error:
            log.error("%s The one of before goes on.", WRONG.format(why=_why(error)))
        else:
            log.info("The certificate was read anew.")

    def _version(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat() if self._path else None
        except OSError:
            return None
        return found and (found.st_mtime_ns, found.st_size, found.st_ino)


def _load(context: ssl.SSLContext, pem: str) -> None:
    with NamedTemporaryFile("w", suffix=".pem") as file:  # for our eyes only
        file.write(pem)
        file.flush()
        context.load_cert_chain(file.name, password=NO_PASSWORD)


def _why(error: OSError) -> str:
    return error.strerror or getattr(error, "reason", "") or type(error).__name__
