"""What the errors of Microsoft's sign-in mean."""

import re
from typing import Any

from portal import clock, net
from portal.errors import IssuerError
from portal.issuer.refusals import (
    INVALID_CLIENT,
    INVALID_GRANT,
    PASSING,
    CredentialRefused,
    LoginRefused,
    ReconnectNeeded,
    SignInPending,
    TooOften,
    Unreachable,
    passes,
)
from portal.microsoft import aadsts
from portal.net import reply

KINDS: dict[str, type[LoginRefused]] = {
    INVALID_CLIENT: CredentialRefused,
    INVALID_GRANT: ReconnectNeeded,
    "interaction_required": ReconnectNeeded,
    "consent_required": ReconnectNeeded,
    "login_required": ReconnectNeeded,
    "authorization_pending": SignInPending,
    "slow_down": TooOften,
}
SENTENCES = {
    "access_denied": "The request was declined, or an admin of the organization has to"
    " approve the permissions first.",
    "authorization_declined": "The sign-in was declined. Please begin again.",
    "expired_token": "The code's time is over. Please begin again.",
    "bad_verification_code": "Microsoft does not know this code. Please begin again.",
    "unauthorized_client": "Microsoft does not know this application in this"
    " organization. Please check both IDs of the registration.",
}
# What is said where nothing more is known.
DEFAULTS: dict[type[LoginRefused], str] = {
    LoginRefused: "Microsoft's sign-in refused the request. Please check the"
    " registration.",
    CredentialRefused: "Microsoft refused the application's secret or certificate."
    " Please renew it.",
    ReconnectNeeded: "Microsoft no longer grants access. Please sign in again.",
}
AWAY = "Microsoft's sign-in cannot be reached right now."


def read(response: net.Response) -> dict[str, Any]:
    """Return the object that a sign-in endpoint answered, or raise what it means."""
    answer = reply.stated(response)
    error = answer.get("error")
    if response.status_code == 200 and answer and not error:
        return answer
    raise _refusal(response, error if isinstance(error, str) else "", answer)


def returned(error: str, description: str) -> IssuerError:
    """Return what an error in a callback's address means.

    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
    """
    if error in PASSING:
        return Unreachable(AWAY, code=error)
    found = re.search(r"AADSTS(\d{4,8})", description)
    number = int(found.group(1)) if found else None
    return _refused(error or "no code", number)


def _refusal(response: net.Response, error: str, answer: dict[str, Any]) -> IssuerError:
    code = error or str(response.status_code)
    if passes(response, error):
        wait = reply.retry_after(response.headers.get("Retry-After"), clock.now())
        return Unreachable(AWAY, code=code, after=wait)
    return _refused(code, _number(answer))


def _refused(error: str, number: int | None) -> LoginRefused:
    cause = aadsts.CAUSES.get(number) if number is not None else None
    kind = KINDS.get(error, LoginRefused)
    usual = SENTENCES.get(error) or DEFAULTS.get(kind)
    return kind(
        cause.sentence if cause else usual,
        code=f"AADSTS{number}" if number is not None else error,
        number=number,
        lagging=number in aadsts.LAG,
        unapproved=number in aadsts.UNAPPROVED,
    )


def _number(answer: dict[str, Any]) -> int | None:
    numbers = answer.get("error_codes")
    for number in numbers if isinstance(numbers, list) else []:
        if re.fullmatch(r"\d{4,8}", str(number)):
            return int(number)
    return None
