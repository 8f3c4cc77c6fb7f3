"""An issuer vouches for users, and gives tokens to an application that it knows.

Microsoft is one, and Google. Who asks one does not ask which it is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from portal.errors import IssuerError
from portal.issuer.grant import Grant
from portal.issuer.identity import Identity

# Where a browser goes; who asks has no session open, for an issuer may be asked too.
Departure = Callable[[], str]


class Depart(Protocol):
    def __call__(
        self, *, state: str, nonce: str, verifier: str, scopes: Iterable[str]
    ) -> str: ...


class Redeem(Protocol):
    def __call__(self, *, code: str, verifier: str, scopes: Iterable[str]) -> Grant: ...


class Renew(Protocol):
    def __call__(self, refresh_token: str, scopes: Iterable[str]) -> Grant: ...


class Identify(Protocol):
    def __call__(self, id_token: str, nonce: str | None) -> Identity: ...


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """One issuer, and the application that it knows us as; each call may raise."""

    name: str  # as people call it: "Microsoft"
    authority: str  # the address that its tokens go back to, and no other
    tenant: str  # of which organization we ask; "" if it does not matter
    client_id: str
    origin: str  # tells this application of this issuer from all others
    redirect_uri: str  # where its callbacks come, and no other's
    shares: bool  # whoever signs in may send with mailboxes of others
    approves: bool  # an admin may have to let an application in, for everybody
    forgets_after: timedelta  # a sign-in that nobody has renewed
    # Where a browser signs in, and what is asked for with what it brings back.
    authorize_url: Depart = field(repr=False)
    redeem: Redeem = field(repr=False)
    renew: Renew = field(repr=False)
    identify: Identify = field(repr=False)
    knock: Callable[[], object] = field(repr=False)  # raise if nobody is there
    # What an error in a callback's address means; and who it may say that it is from.
    returned: Callable[[str, str], IssuerError] = field(repr=False)
    calls_itself: Callable[[str], bool] = field(repr=False)
