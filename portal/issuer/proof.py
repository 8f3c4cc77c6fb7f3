"""What an id_token must prove before anybody believes it, whoever made it.

https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portal import clock
from portal.errors import Answer
from portal.issuer.refusals import IdentityRefused

LEEWAY = timedelta(minutes=5)

Claims = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What a token should claim."""

    issuer: str  # as people call it
    names: frozenset[str]  # as it calls itself
    client_id: str
    nonce: str | None  # None: it came by a device code, which is a secret of ours too


def check(claims: Claims, expected: Expected) -> None:
    """Raise IdentityRefused for claims that are not what they should be."""
    for code, refused, sentence in REFUSALS:
        if refused(claims, expected):
            raise IdentityRefused(
                sentence.format(issuer=expected.issuer), answer=Answer(code=code)
            )


def _from_elsewhere(claims: Claims, expected: Expected) -> bool:
    return claims.get("iss") not in expected.names


def _for_another_application(claims: Claims, expected: Expected) -> bool:
    match claims.get("aud"):
        case str(name) | [str(name)]:
            # Microsoft's are GUIDs, and no issuer tells two apart by case alone.
            return name.lower() != expected.client_id.lower()
    return True


def _for_another_trip(claims: Claims, expected: Expected) -> bool:
    if expected.nonce is None:
        return False
    return not expected.nonce or claims.get("nonce") != expected.nonce


def _out_of_time(claims: Claims, _: Expected) -> bool:
    now = clock.now()
    begins = [_time(claims[name]) for name in ("iat", "nbf") if name in claims]
    ends = _time(claims.get("exp"))
    early = any(begin is None or begin > now + LEEWAY for begin in begins)
    return early or ends is None or ends < now - LEEWAY


def _time(seconds: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(str(seconds)), clock.now().tzinfo)
    except (ValueError, OverflowError, OSError):
        return None


REFUSALS: tuple[tuple[str, Callable[[Claims, Expected], bool], str], ...] = (
    (
        "issuer",
        _from_elsewhere,
        "This sign-in was not made by {issuer}'s sign-in. Please check its address.",
    ),
    (
        "audience",
        _for_another_application,
        "This sign-in was made for another application. Please begin again.",
    ),
    (
        "nonce",
        _for_another_trip,
        "This sign-in answers another request. Please begin again.",
    ),
    (
        "time",
        _out_of_time,
        "This sign-in is not valid at this time. Please check this machine's clock,"
        " then begin again.",
    ),
)
