"""What broke on the way, and whether the other side may have the whole request."""

from collections.abc import Iterator
from ssl import SSLCertVerificationError
from urllib.parse import urlsplit

from requests import PreparedRequest
from urllib3 import exceptions as urllib3_errors

from portal.errors import PortalError
from portal.explanations import Explanation, network
from portal.net.address import PORTS
from portal.net.body import Body


class Lost(PortalError):
    """The connection was lost before the answer was complete."""

    def __init__(
        self, message: str | None = None, *, sent: bool, status: int | None = None
    ) -> None:
        self.sent = sent  # the other side may have the whole request
        self.status = status  # with which its answer began, if it did
        super().__init__(message)


class TooMuch(urllib3_errors.HTTPError):
    """The answer was longer than any honest one."""


class Forbidden(urllib3_errors.HTTPError):
    """This address is not for whoever asked."""


# The first line whose error is somewhere in the chain tells what happened.
REASONS: tuple[tuple[type[Exception], Explanation], ...] = (
    (TooMuch, network.TOO_LONG),
    (Forbidden, network.PRIVATE),
    (urllib3_errors.NameResolutionError, network.UNRESOLVED),
    (urllib3_errors.ProxyError, network.NO_WAY_THROUGH),
    (SSLCertVerificationError, network.UNTRUSTED),
    (urllib3_errors.SSLError, network.NOT_SECURE),
    (urllib3_errors.NewConnectionError, network.REFUSED),
    (urllib3_errors.ConnectTimeoutError, network.TIMED_OUT),
    (urllib3_errors.ReadTimeoutError, network.UNANSWERED),
    (TimeoutError, network.UNTAKEN),
    (Exception, network.BROKEN),
)
UNREACHED = (
    Forbidden,
    urllib3_errors.ConnectTimeoutError,
    urllib3_errors.EmptyPoolError,
    urllib3_errors.ProxyError,
)


def lost(request: PreparedRequest, error: Exception, status: int | None) -> Lost:
    chain = list(_chain(error))
    row, met = next(
        (row, e) for kind, row in REASONS for e in chain if isinstance(e, kind)
    )
    if isinstance(request.body, Body):
        sent = request.body.spent
    else:
        sent = not any(isinstance(e, UNREACHED) for e in chain)
    place = urlsplit(request.url or "")
    port = place.port or PORTS.get(place.scheme, 0)
    reason = row.sentence.format(
        host=place.hostname,
        place=f"{place.hostname}:{port}",
        why=getattr(met, "verify_message", ""),
    )
    return Lost(reason, sent=sent, status=status).because(row.name)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
