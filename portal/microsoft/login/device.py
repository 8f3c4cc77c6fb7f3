"""Signing in by a code on another device, for a machine without a browser: RFC 8628.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from portal.errors import Answer
from portal.explanations.sign_in import CODE_OVER
from portal.issuer.grant import Grant
from portal.issuer.identity import printable
from portal.issuer.refusals import (
    LoginRefused,
    SignInPending,
    TooOften,
    Unreachable,
)
from portal.microsoft import refusals
from portal.microsoft.login import tokens
from portal.microsoft.login.credential import Registration
from portal.microsoft.login.tokens import DEVICE_CODE

INTERVAL_SECONDS = 5.0  # if no other is told, RFC 8628 section 3.2
SLOWER_SECONDS = 5.0  # section 3.5
LONGEST_SECONDS = 900.0  # between two questions, and for a code to live
LAGS = 3  # questions that a consent given just now may not be seen by


@dataclass(frozen=True, kw_only=True)
class Code:
    """What somebody types in on another device, and what we ask with meanwhile."""

    user_code: str
    address: str  # where to type it in
    device_code: str = field(repr=False)
    lifetime: float  # seconds
    interval: float  # seconds between two questions


def ask(registration: Registration, scopes: Iterable[str]) -> Code:
    """Get a code for somebody to type in; raise an IssuerError."""
    form = {
        "client_id": registration.client_id,
        "scope": tokens.spelled_out(registration, scopes),
    }
    place = registration.address("oauth2/v2.0/devicecode")
    answer = refusals.read(tokens.post(place, form))
    code = Code(
        user_code=printable(answer.get("user_code")),
        address=printable(answer.get("verification_uri")),
        device_code=printable(answer.get("device_code")),
        lifetime=_seconds(answer.get("expires_in"), LONGEST_SECONDS),
        interval=_seconds(answer.get("interval"), INTERVAL_SECONDS),
    )
    if not (code.user_code and code.device_code and _trusted(registration, code)):
        raise Unreachable("Microsoft's sign-in answered without a code.")
    return code


def redeem(
    registration: Registration,
    code: Code,
    scopes: Iterable[str],
    wait: Callable[[float], object],
) -> Grant:
    """Ask until somebody has signed in with a code; raise an IssuerError if not.

    `wait` passes so many seconds, for example by sleeping.
    """
    asked = tuple(scopes)
    pause, left, lags = code.interval, code.lifetime, LAGS
    while left > 0:
        wait(pause)
        left -= pause
        try:
            form = {"grant_type": DEVICE_CODE, "device_code": code.device_code}
            return tokens.ask(registration, form, asked)
        except TooOften:
            pause += SLOWER_SECONDS
        except SignInPending:
            pass
        except Unreachable as error:
            told = error.after.total_seconds() if error.after else 0
            pause = min(max(2 * pause, told), LONGEST_SECONDS)
        except LoginRefused as error:
            lags -= 1
            if not error.lagging or lags < 0:
                raise
    raise CODE_OVER.as_a(LoginRefused, answer=Answer(code="expired_token"))


def _seconds(value: object, default: float) -> float:
    try:
        return min(max(float(int(str(value))), 1.0), LONGEST_SECONDS)
    except (ValueError, OverflowError):
        return default


def _trusted(registration: Registration, code: Code) -> bool:
    """Tell whether a person may be sent there: as safe a place as sign-in itself."""
    scheme, _, _ = registration.login_url.partition("://")
    return code.address.startswith(("https://", f"{scheme}://"))
