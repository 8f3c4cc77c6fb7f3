"""What the errors of Microsoft's sign-in mean."""

import re
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from portal import clock, net
from portal.errors import IssuerError
from portal.explanations import Explanation, sign_in
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

TRACED = re.compile(r"(Trace ID|Correlation ID|Timestamp): ([0-9A-Za-z: -]{1,40})")
NAMED = re.compile(r"[0-9A-Za-z-]{1,64}")
KINDS: dict[str, type[LoginRefused]] = {
    INVALID_CLIENT: CredentialRefused,
    INVALID_GRANT: ReconnectNeeded,
    "interaction_required": ReconnectNeeded,
    "consent_required": ReconnectNeeded,
    "login_required": ReconnectNeeded,
    "authorization_pending": SignInPending,
    "slow_down": TooOften,
}
ROWS: dict[str, Explanation] = {
    "access_denied": sign_in.DENIED,
    "consent_required": sign_in.DENIED,
    "permission_denied": sign_in.DENIED,  # an older page of Microsoft's
    "authorization_declined": sign_in.SIGN_IN_DECLINED,
    "expired_token": sign_in.CODE_EXPIRED,
    "bad_verification_code": sign_in.CODE_UNKNOWN,
    "unauthorized_client": sign_in.NOT_AUTHORIZED,
}
OTHERWISE: dict[type[LoginRefused], Explanation] = {
    CredentialRefused: sign_in.CREDENTIAL_REFUSED,
    ReconnectNeeded: sign_in.RECONNECT,
    SignInPending: sign_in.PENDING,
    TooOften: sign_in.PENDING,
}


def read(response: net.Response) -> dict[str, Any]:
    """Return the object that a sign-in endpoint answered, or raise what it means."""
    answer = reply.stated(response)
    error = answer.get("error")
    if response.status_code == 200 and answer and not error:
        return answer
    refusal = _refusal(response, error if isinstance(error, str) else "", answer)
    raise refusal.traced(trace(str(answer.get("error_description")), response.headers))


def returned(error: str, description: str) -> IssuerError:
    """Return what an error in a callback's address means.

    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
    """
    if error in PASSING:
        return _away(error).traced(trace(description))
    found = re.search(r"AADSTS(\d{4,8})", description)
    number = int(found.group(1)) if found else None
    return _refused(error or "no code", number).traced(trace(description))


def trace(description: str, headers: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return what Microsoft's support asks for: its own names of a request, and when.

    https://learn.microsoft.com/entra/identity-platform/reference-error-codes
    """
    told = dict(TRACED.findall(description))
    if named := NAMED.fullmatch(headers.get("x-ms-request-id", "")):
        told = {"Request ID": named[0]} | told
    return "\n".join(f"{name}: {value}" for name, value in told.items())


def _away(code: str, after: timedelta | None = None) -> Unreachable:
    away = Unreachable(sign_in.AWAY.sentence, code=code, after=after)
    return away.because(sign_in.AWAY.name)


def _refusal(response: net.Response, error: str, answer: dict[str, Any]) -> IssuerError:
    code = error or str(response.status_code)
    if passes(response, error):
        wait = reply.retry_after(response.headers.get("Retry-After"), clock.now())
        return _away(code, wait)
    return _refused(code, _number(answer))


def _refused(error: str, number: int | None) -> LoginRefused:
    kind = KINDS.get(error, LoginRefused)
    usual = ROWS.get(error) or OTHERWISE.get(kind, sign_in.REFUSED)
    row = aadsts.CAUSES.get(number or 0, usual)
    found = kind(
        row.sentence,
        code=f"AADSTS{number}" if number is not None else error,
        number=number,
        lagging=number in aadsts.LAG,
        unapproved=number in aadsts.UNAPPROVED,
    )
    return found.because(row.name)


def _number(answer: dict[str, Any]) -> int | None:
    numbers = answer.get("error_codes")
    for number in numbers if isinstance(numbers, list) else []:
        if re.fullmatch(r"\d{4,8}", str(number)):
            return int(number)
    return None
