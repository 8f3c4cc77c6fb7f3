"""What the errors of Microsoft's sign-in mean."""

import re
from datetime import timedelta
from typing import Any

from portal import clock, net
from portal.errors import Answer, IssuerError
from portal.explanations import Explanation, network, sign_in
from portal.issuer import grant as given
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
    said,
)
from portal.microsoft import aadsts
from portal.net import reply

# What follows the words of a description, and names the request to Microsoft's support.
# https://learn.microsoft.com/entra/identity-platform/reference-error-codes
TRACE = "Trace ID: "
NUMBER = re.compile(r"AADSTS(\d{4,8})\b", re.ASCII)
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
    "expired_token": sign_in.CODE_OVER,
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
    stated = reply.stated(response)
    error = stated.get("error")
    if response.status_code == 200 and stated and not error:
        return stated
    error = given.text(error)
    description = given.text(stated.get("error_description"))
    number = _number(stated.get("error_codes"), description)
    words, trace = _parted(description)
    named = reply.name(response.headers.get("x-ms-request-id"))
    answer = said(response, _code(error, number), words, named or trace)
    if passes(response, error) or number in aadsts.PASSING:
        wait = reply.retry_after(response.headers.get("Retry-After"), clock.now())
        raise _away(number, answer, wait)
    if not error and number is None:
        raise network.NOT_SIGN_IN.as_a(LoginRefused, answer=answer)
    raise _refused(error, number, answer)


def returned(error: str, description: str) -> IssuerError:
    """Return what an error in a callback's address means.

    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
    """
    number = _number([], description)
    words, trace = _parted(description)
    answer = Answer(
        code=reply.name(_code(error, number)),
        text=reply.words(words),
        request_id=reply.name(trace),
    )
    if error in PASSING or number in aadsts.PASSING:
        return _away(number, answer)
    return _refused(error, number, answer)


def _parted(description: str) -> tuple[str, str]:
    """Part what was said from the name that Microsoft gave to the request."""
    words, _, rest = description.partition(TRACE)
    return words, next(iter(rest.split(maxsplit=1)), "")


def _code(error: str, number: int | None) -> str:
    return error if number is None else f"AADSTS{number}"


def _away(
    number: int | None, answer: Answer, after: timedelta | None = None
) -> Unreachable:
    row = sign_in.BUSY if number in aadsts.PASSING else sign_in.AWAY
    return row.as_a(Unreachable, answer=answer, after=after)


def _refused(error: str, number: int | None, answer: Answer) -> LoginRefused:
    kind = KINDS.get(error, LoginRefused)
    usual = ROWS.get(error) or OTHERWISE.get(kind, sign_in.REFUSED)
    row = aadsts.CAUSES.get(number or 0, usual)
    return row.as_a(
        kind,
        answer=answer,
        number=number,
        lagging=number in aadsts.LAG,
        unapproved=number in aadsts.UNAPPROVED,
    )


def _number(codes: object, description: str) -> int | None:
    """Find the number of an answer, or of a description where nothing else tells it."""
    for code in codes if isinstance(codes, list) else []:
        if re.fullmatch(r"\d{4,8}", str(code), re.ASCII):
            return int(code)
    found = NUMBER.search(description)
    return int(found[1]) if found else None
