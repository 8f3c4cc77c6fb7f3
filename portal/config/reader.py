"""Values of the environment: read by their type, and what is wrong with all of them."""

import difflib
import ipaddress
import re
from collections.abc import Mapping
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from portal import vault
from portal.config import pem
from portal.errors import NoKey

ADDRESS = re.compile(r"[^@]+@[^@]+")
MOST_DAYS = 3650  # that anything is kept
AN_ADDRESS = "https://mail.example.com"
AT_ROOT = "the portal needs a host name, or a port, of its own"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Bind(NamedTuple):
    """An address to listen on."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class Reader:
    """Reads typed values and collects what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []
        self.of_keys: list[str] = []  # those that encryption keys have
        self.known: set[str] = set()

    def text(self, name: str, default: str = "") -> str:
        self.known.add(f"PORTAL_{name}")
        return self.environ.get(f"PORTAL_{name}", "").strip() or default

    def secret(self, name: str) -> str:
        value, path = self._given(name)
        if path and not value:
            try:
                value = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                self.wrong(f"{name}_FILE", f"cannot be read ({type(error).__name__})")
            else:
                if not value:
                    self.wrong(f"{name}_FILE", "names an empty file")
        return value

    def _given(self, name: str) -> tuple[str, str]:
        """Return a secret, or else the path of its file: never both."""
        value, path = self.text(name), self.text(f"{name}_FILE")
        if value and path:
            self.wrong(name, f"is set twice; keep it or PORTAL_{name}_FILE")
        return value, path

    def keys(self, name: str) -> tuple[str, ...]:
        """Read encryption keys, which stay as they are spelled."""
        before = len(self.problems)
        found = tuple(self.secret(name).replace(",", " ").split())
        try:
            vault.read_keys(found, f"PORTAL_{name}")
        except NoKey as error:
            self.problems.append(str(error))
        self.of_keys = self.problems[before:]
        return found

    def matching(self, name: str, shape: re.Pattern[str], example: str) -> str:
        """Read a secret of a known shape; what it is instead is told to nobody."""
        value = self.secret(name)
        if value and not shape.match(value):
            self.wrong(name, f"must look like {example}")
        return value

    def addresses(self, name: str) -> tuple[str, ...]:
        found = tuple(self.text(name).replace(",", " ").split())
        for each in found:
            if not ADDRESS.fullmatch(each):
                self.wrong(name, f"names {each}, which is no address like a@b.example")
        return found

    def certificate(self, name: str) -> str:
        """Read a certificate with its key."""
        value = self.secret(name)
        if value and not _fits(value):
            self.wrong(name, f"must hold {pem.A_PEM}")
        return value

    def renewable(self, name: str) -> str:
        """Read a certificate with its key, or return the path of its file.

        What a file holds may change, and it may be there for the door alone: whoever
        shows the certificate judges that.
        """
        value, path = self._given(name)
        if pem.path(value) is None and not _fits(value):
            self.wrong(name, f"must hold, or name a file with, {pem.A_PEM}")
            return ""
        return path or value

    def authorities(self, name: str) -> Path | None:
        """Read the path of a file; whoever connects judges what it holds."""
        path = self.text(name)
        if path and not _there(Path(path)):
            self.wrong(name, pem.AUTHORITIES)
            return None
        return Path(path) if path else None

    def number(
        self, name: str, default: int, *, at_least: int = 0, why: str = ""
    ) -> int:
        value = self.text(name, str(default)).replace("_", "")
        number = _whole(value)
        if number is None or number < at_least:
            self.wrong(name, f"must be a whole number, {at_least} or more{why}")
            return default
        return number

    def days(self, name: str, *, at_least: int, why: str = "") -> int | None:
        """Read how long to keep something; None if it is left to an admin."""
        if not self.text(name):
            return None
        days = self.number(name, at_least, at_least=at_least, why=why)
        if days > MOST_DAYS:
            self.wrong(name, f"must be {MOST_DAYS} or less")
        return days

    def day(self, name: str) -> date | None:
        value = self.text(name)
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            self.wrong(name, "must be a day such as 2031-12-31")
            return None

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        value = self.text(name, choices[0]).lower()
        for choice in choices:
            if value == choice.lower():
                return choice
        self.wrong(name, f"must be one of: {', '.join(choices)}")
        return choices[0]

    def url(self, name: str, default: str) -> str:
        value = self.text(name, default).rstrip("/")
        if fault := _url_fault(value):
            self.wrong(name, fault)
            return default
        return value

    def root(self, name: str, default: str) -> str:
        """Read an address that ends with its host or port."""
        value = self.url(name, default)
        if urlsplit(value).path:
            self.wrong(name, f"must have no path, as in {AN_ADDRESS}: {AT_ROOT}")
        return value

    def webhook(self, name: str) -> str:
        """Read an address that is a secret; its query may be what opens it."""
        value = self.secret(name)
        if value and (fault := _url_fault(value.partition("?")[0])):
            self.wrong(name, fault)
            return ""
        return value

    def networks(self, name: str) -> tuple[Network, ...]:
        found: list[Network] = []
        for each in self.text(name).replace(",", " ").split():
            try:
                found.append(ipaddress.ip_network(each))
            except ValueError:
                self.wrong(name, f"names {each}, which is no network like 10.1.0.0/16")
        return tuple(found)

    def bind(self, name: str, default: str) -> Bind:
        host, _, digits = self.text(name, default).rpartition(":")
        port = _whole(digits)
        if not host or port is None or port >= 2**16:
            self.wrong(name, "must look like 127.0.0.1:5000")
            return Bind("127.0.0.1", 0)
        return Bind(host.strip("[]"), port)

    def misspelled(self) -> None:
        for name in self.environ:
            if name.startswith("PORTAL_") and name not in self.known:
                near = difflib.get_close_matches(name, self.known, n=1, cutoff=0.85)
                if near:
                    self.problems.append(f"{name} is not a setting. Is it {near[0]}?")

    def wrong(self, name: str, fault: str) -> None:
        self.problems.append(f"PORTAL_{name} {fault}.")


def _whole(digits: str) -> int | None:
    """Read a whole number, without a sign and of a length that makes sense."""
    sensible = digits.isascii() and digits.isdigit() and len(digits) < 20
    return int(digits) if sensible else None


def _fits(given: str) -> bool:
    # Few give one, and without it no command waits until the library is loaded.
    fits: bool = import_module("portal.config.pair").fits(given)
    return fits


def _there(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError:  # in a folder that is closed to us, not to all
        return True
    except OSError:  # longer than any path
        return False


def _url_fault(value: str) -> str:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:  # brackets of an IPv6 address, or a port that is none
        host = None
    if not host or parts.scheme not in ("http", "https"):
        return f"must be an address such as {AN_ADDRESS}"
    if parts.query or parts.fragment or "@" in parts.netloc:
        return "must hold neither a query, nor a fragment, nor a user"
    if parts.scheme == "http" and not is_loopback(host):
        return "must begin with https://; http is for this machine alone"
    return ""


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address can only mean this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
