"""What a token endpoint gives: tokens, for how long, and what they are good for."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portal import clock

# An issuer always says how long a token lives; a stand-in may not.
TOKEN_LIFETIME = timedelta(minutes=5)
FRESH = timedelta(minutes=10)  # a consent so young may not be seen everywhere
LONGEST_LIFETIME = timedelta(days=1)
TOKEN = re.compile("[!-~]+")  # what a header can carry, RFC 6750 section 2.1


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What the token endpoint gave."""

    access_token: str = field(repr=False)
    expires_at: datetime
    refresh_token: str | None = field(default=None, repr=False)
    id_token: str | None = field(default=None, repr=False)
    scopes: frozenset[str]  # short names, as they are asked for


def text(value: object) -> str:
    """Take a text, and anything else for none."""
    return value if isinstance(value, str) else ""


def token(value: object) -> str | None:
    """Take no token that a header would refuse: its error quotes it, and is logged."""
    found = text(value)
    return found if TOKEN.fullmatch(found) else None


def young(given_at: datetime | None) -> bool:
    """Tell whether what was consented to then may not be seen everywhere yet."""
    return given_at is not None and clock.now() - given_at < FRESH


def lifetime(seconds: object) -> timedelta:
    """Read `expires_in`, which older endpoints give as text."""
    try:
        told = timedelta(seconds=max(int(str(seconds)), 0))
    except (ValueError, OverflowError):
        return TOKEN_LIFETIME
    return min(told, LONGEST_LIFETIME)
