"""The certificate that the SMTP door shows, read anew when its file changes."""

import logging
from pathlib import Path
from ssl import SSLContext

from portal.config import Config, pem
from portal.errors import ConfigError
from portal.net import certificate

WRONG = f"PORTAL_SMTP_CERTIFICATE must hold, or name a file with, {pem.A_PEM}"

log = logging.getLogger(__name__)


class Certificate:
    """One TLS context for all connections; whoever connects later sees the newest."""

    def __init__(self, given: str, instance: Path) -> None:
        """Take PEM with its key, or the path of such a file; raise ConfigError."""
        self._given, self._instance = given, instance
        self._path = pem.path(given)
        self._seen = self._version()
        self.context = pem.context()
        _load(self.context, given)
        self._note()

    def renew(self) -> None:
        """Look whether the file has changed; what cannot be read changes nothing."""
        if self._path is None or (version := self._version()) == self._seen:
            return
        self._seen = version
        try:
            # First elsewhere: half of a pair would leave the context without one.
            for context in (pem.context(), self.context):
                _load(context, self._given)
        except ConfigError as error:
            log.error("%s The one of before goes on.", error)
        else:
            log.info("The certificate was read anew.")
            self._note()

    def _note(self) -> None:
        try:
            certificate.note(self._given, self._instance)
        except (OSError, ValueError) as error:
            log.warning("Nobody is told when this certificate ends: %s", error)

    def _version(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat() if self._path else None
        except OSError:
            return None
        return found and (found.st_mtime_ns, found.st_size, found.st_ino)


def check(settings: Config) -> None:
    """Raise ConfigError for what cannot be shown, or has nothing to show."""
    if settings.smtp_certificate:
        _load(pem.context(), settings.smtp_certificate)
    elif settings.smtps_bind:
        raise ConfigError("PORTAL_SMTPS_BIND needs PORTAL_SMTP_CERTIFICATE.")


def _load(into: SSLContext, given: str) -> None:
    try:
        pem.load(into, given)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigError(f"{WRONG}: {pem.why(error)}.") from error
