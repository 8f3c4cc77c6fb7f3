"""Addresses as they are read by whoever connects to them, and by nobody else."""

from dataclasses import dataclass

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where a request would go."""

    scheme: str
    host: str  # in lower case; an IPv6 address without its brackets
    port: int | None
    named: bool  # somebody is named before the host


def read(url: str) -> Address:
    """Read an address; raise ValueError if it is none."""
    try:
        found = parse_url(url)
    except LocationParseError as error:
        raise ValueError("is no address") from error
    host = (found.host or "").lower()
    return Address(
        scheme=found.scheme or "",
        host=host.removeprefix("[").removesuffix("]"),
        port=found.port,
        named=found.auth is not None,
    )
