"""What Microsoft's sign-in refuses with, told apart by who has to act.

MicrosoftError
├── Unreachable             nobody: it passes
└── LoginRefused            see the sentence
    ├── CredentialRefused   the operator: secret or certificate; no connection is lost
    ├── SignInPending       the person who has the code of a device: sign in with it
    │   └── TooOften            nobody: ask less often
    ├── ReconnectNeeded     the mailbox's user or an admin: sign in or approve again
    └── IdentityRefused     whoever signed in is not who may
"""

import json
import math
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from portal import clock, net
from portal.errors import MicrosoftError
from portal.microsoft import aadsts

LONGEST_WAIT = timedelta(hours=24)  # more than that is a mistake of a gateway


class Unreachable(MicrosoftError):
    """Microsoft's sign-in cannot be reached right now."""

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str = "",
        after: timedelta | None = None,
    ) -> None:
        super().__init__(message, code=code, passing=True, after=after)


class LoginRefused(MicrosoftError):
    """Microsoft's sign-in refused the request. Please check the registration."""

    def __init__(
        self, message: str | None = None, *, code: str = "", number: int | None = None
    ) -> None:
        self.number = number  # of "AADSTS65001"; for people, and what follows
        super().__init__(message, code=code)

    @property
    def lagging(self) -> bool:
        """Tell whether a consent given just now may not be seen everywhere yet."""
        return self.number in aadsts.LAG

    @property
    def unapproved(self) -> bool:
        """Tell whether the organization's admin has to approve first."""
        return self.number in aadsts.UNAPPROVED


class CredentialRefused(LoginRefused):
    """Microsoft refused the application's secret or certificate. Please renew it."""


class ReconnectNeeded(LoginRefused):
    """Microsoft no longer grants access. Please sign in again."""


class SignInPending(LoginRefused):
    """Nobody has signed in with this code yet."""


class TooOften(SignInPending):
    """Nobody has signed in with this code yet, and it was asked about too often."""


class IdentityRefused(LoginRefused):
    """This sign-in does not prove who signed in. Please try again."""


KINDS: dict[str, type[LoginRefused]] = {
    "invalid_client": CredentialRefused,
    "invalid_grant": ReconnectNeeded,
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
PASSING = frozenset({"temporarily_unavailable", "server_error"})


def read(response: net.Response) -> dict[str, Any]:
    """Return the object that a sign-in endpoint answered, or raise what it means."""
    answer = stated(response)
    error = answer.get("error")
    if response.status_code == 200 and answer and not error:
        return answer
    raise _refusal(response, error if isinstance(error, str) else "", answer)


def stated(response: net.Response) -> dict[str, Any]:
    """Return the JSON object that an answer is, or an empty one."""
    try:
        content = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Read a Retry-After: seconds, also broken ones such as 2.128, or a date.

    None when there is none that can be read; never negative, never beyond a day.
    """
    wait = _seconds(value or "")
    if wait is None:
        wait = _until(value or "", now)
    return None if wait is None else min(max(wait, timedelta()), LONGEST_WAIT)


def returned(error: str, description: str) -> MicrosoftError:
    """Return what an error in a callback's address means.

    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
    """
    if error in PASSING:
        return Unreachable(code=error)
    found = re.search(r"AADSTS(\d{4,8})", description)
    number = int(found.group(1)) if found else None
    return _refused(error or "no code", number)


def _refusal(
    response: net.Response, error: str, answer: dict[str, Any]
) -> MicrosoftError:
    status = response.status_code
    # A page instead of an answer comes from something between us and Microsoft.
    if error in PASSING or status == 429 or status >= 500 or status == 200:
        wait = retry_after(response.headers.get("Retry-After"), clock.now())
        return Unreachable(code=error or str(status), after=wait)
    return _refused(error or str(status), _number(answer))


def _refused(error: str, number: int | None) -> LoginRefused:
    cause = aadsts.CAUSES.get(number) if number is not None else None
    kind = KINDS.get(error, LoginRefused)
    code = f"AADSTS{number}" if number is not None else error
    sentence = cause.sentence if cause else SENTENCES.get(error)
    return kind(sentence, code=code, number=number)


def _number(answer: dict[str, Any]) -> int | None:
    numbers = answer.get("error_codes")
    for number in numbers if isinstance(numbers, list) else []:
        if re.fullmatch(r"\d{4,8}", str(number)):
            return int(number)
    return None


def _seconds(value: str) -> timedelta | None:
    try:
        seconds = float(value)
    except ValueError:
        return None
    if math.isnan(seconds):
        return None
    return timedelta(seconds=min(max(seconds, 0), LONGEST_WAIT.total_seconds()))


def _until(value: str, now: datetime) -> timedelta | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)) - now
