"""What a sign-in refuses with, told apart by who has to act.

IssuerError
├── Unreachable             nobody: it passes
└── LoginRefused            see the sentence
    ├── CredentialRefused   the operator: secret or certificate; no connection is lost
    ├── SignInPending       the person who has the code of a device: sign in with it
    │   └── TooOften            nobody: ask less often
    ├── ReconnectNeeded     the mailbox's user or an admin: sign in or approve again
    └── IdentityRefused     whoever signed in is not who may

What an answer means each issuer decides for itself, by a table of its own.
"""

from datetime import timedelta

from portal import net
from portal.errors import IssuerError

PASSING = frozenset({"temporarily_unavailable", "server_error"})
INVALID_CLIENT, INVALID_GRANT = "invalid_client", "invalid_grant"  # RFC 6749


class Unreachable(IssuerError):
    """The sign-in cannot be reached right now."""

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str = "",
        after: timedelta | None = None,
    ) -> None:
        super().__init__(message, code=code, passing=True, after=after)


class LoginRefused(IssuerError):
    """The sign-in was refused. Please check the registration."""

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str = "",
        number: int | None = None,
        lagging: bool = False,
        unapproved: bool = False,
    ) -> None:
        self.number = number  # of "AADSTS65001"; for people, and what follows
        self.lagging = lagging  # a consent given just now may not be seen everywhere
        self.unapproved = unapproved  # the organization's admin has to approve first
        super().__init__(message, code=code)


class CredentialRefused(LoginRefused):
    """The application's secret or certificate was refused. Please renew it."""


class ReconnectNeeded(LoginRefused):
    """Access is no longer granted. Please sign in again."""


class SignInPending(LoginRefused):
    """Nobody has signed in with this code yet."""


class TooOften(SignInPending):
    """Nobody has signed in with this code yet, and it was asked about too often."""


class IdentityRefused(LoginRefused):
    """This sign-in does not prove who signed in. Please try again."""


def passes(response: net.Response, error: str) -> bool:
    """Tell whether it may be over by itself.

    A page instead of an answer comes from something between us and the issuer.
    """
    status = response.status_code
    return error in PASSING or status == 429 or status >= 500 or status == 200
