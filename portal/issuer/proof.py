"""What an id_token must prove before anybody believes it, whoever made it.

https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portal import clock
from portal.explanations import Explanation
from portal.explanations.own.identity import (
    FROM_ELSEWHERE,
    OTHER_APPLICATION,
    OTHER_REQUEST,
    OUT_OF_TIME,
)
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
    for refused, why in REFUSALS:
        if refused(claims, expected):
            raise IdentityRefused(why, issuer=expected.issuer)


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


REFUSALS: tuple[tuple[Callable[[Claims, Expected], bool], Explanation], ...] = (
    (_from_elsewhere, FROM_ELSEWHERE),
    (_for_another_application, OTHER_APPLICATION),
    (_for_another_trip, OTHER_REQUEST),
    (_out_of_time, OUT_OF_TIME),
)
