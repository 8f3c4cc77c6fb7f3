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

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import parse_qsl

from portal import net
from portal.errors import Answer, IssuerError
from portal.explanations import Explained
from portal.net import reply

PASSING = frozenset({"temporarily_unavailable", "server_error"})
# What an issuer is asked with and may quote; all else that it is told is secret.
PUBLIC = frozenset(
    {"client_id", "grant_type", "redirect_uri", "scope", "client_assertion_type"}
)
INVALID_CLIENT, INVALID_GRANT = "invalid_client", "invalid_grant"  # RFC 6749


class Unreachable(IssuerError):
    """The sign-in cannot be reached right now."""

    def __init__(
        self,
        message: str | None = None,
        *,
        answer: Answer | None = None,
        after: timedelta | None = None,
    ) -> None:
        super().__init__(message, answer=answer, passing=True, after=after)


@contextmanager
def reaching() -> Iterator[None]:
    """Let a request that gets no answer mean that the sign-in cannot be reached."""
    try:
        yield
    except net.Lost as lost:
        raise Unreachable(str(lost)).because(lost.cause) from lost


class LoginRefused(IssuerError):
    """The sign-in was refused. Please check the registration."""

    def __init__(
        self,
        message: str | None = None,
        *,
        answer: Answer | None = None,
        number: int | None = None,
        lagging: bool = False,
        unapproved: bool = False,
    ) -> None:
        self.number = number  # of "AADSTS65001"; for people, and what follows
        self.lagging = lagging  # a consent given just now may not be seen everywhere
        self.unapproved = unapproved  # the organization's admin has to approve first
        super().__init__(message, answer=answer)


class CredentialRefused(LoginRefused):
    """The application's secret or certificate was refused. Please renew it."""


class ReconnectNeeded(LoginRefused):
    """Access is no longer granted. Please sign in again."""


class SignInPending(LoginRefused):
    """Nobody has signed in with this code yet."""


class TooOften(SignInPending):
    """Nobody has signed in with this code yet, and it was asked about too often."""


class IdentityRefused(Explained, LoginRefused):
    """Whoever signed in is not who may, or nobody has proven it; its row says why."""


def said(response: net.Response, code: str, words: str, request_id: str = "") -> Answer:
    """Return what a refusal says for the journal, without a secret that it repeats."""
    secrets = tuple(_secrets(response))
    return Answer(
        status=response.status_code,
        code=reply.name(code, *secrets),
        text=reply.words(words, *secrets),
        request_id=reply.name(request_id, *secrets),
    )


def _secrets(response: net.Response) -> Iterator[str]:
    """Yield what the issuer was told, as a form tells it, and nobody else may know."""
    body = response.request.body or ""
    form = body.decode() if isinstance(body, bytes) else str(body)
    return (value for name, value in parse_qsl(form) if name not in PUBLIC)


def passes(response: net.Response, error: str) -> bool:
    """Tell whether it may be over by itself.

    A page instead of an answer comes from something between us and the issuer.
    """
    status = response.status_code
    return error in PASSING or status == 429 or status >= 500 or status == 200
