"""How this house reaches the world: one session, with limits, proxy and CA bundle.

Whatever breaks on the way becomes `Lost`, which says whether the other side may have
the whole request. No redirect is followed, no cookie kept, no environment variable
obeyed, and no connection used again that rested for more than `IDLE_SECONDS`.

A request is over in `LONGEST_SECONDS`, with a `Body` in `LONGEST_UPLOAD_SECONDS`, which
4 MB need at 360 kbit/s. Leases are counted from that. The resolver of names may take
longer, since nobody can interrupt it, but nothing is sent afterwards.
"""

import math
import time
from collections.abc import Mapping
from functools import cache, partial
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version
from pathlib import Path
from socket import SOCK_STREAM, gaierror, getaddrinfo, socket
from typing import Any, cast

from requests import PreparedRequest, Response, Session
from requests import exceptions as requests_errors
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Retry
from urllib3 import exceptions as urllib3_errors
from urllib3.connection import HTTPConnection, HTTPSConnection

from portal import config
from portal.net import deadline, lost
from portal.net.body import BLOCK, Body
from portal.net.deadline import Answer, Deadline
from portal.net.lost import Lost, TooMuch

__all__ = [
    "Adapter",
    "Body",
    "Lost",
    "Response",
    "Session",
    "TooMuch",
    "furnish",
    "session",
]

USER_AGENT = f"mail-portal/{version('mail-portal')}"
TIMEOUT = (5.0, 60.0)  # seconds to connect to one address, and for each wait
LONGEST_SECONDS = 65.0  # a request in all
LONGEST_UPLOAD_SECONDS = 90.0  # the same with a Body
IDLE_SECONDS = 20  # some gateways drop a resting connection without a word
ANSWER_LIMIT = 8 * 1024 * 1024  # bytes; a draft is answered with all of its text
POOL_SIZE = 16  # connections to one host


def session() -> Session:
    """Return the session that all threads of this process share."""
    settings = config.current()
    return _shared(settings.ca_bundle, settings.proxy)


@cache
def _shared(ca_bundle: Path | None, proxy: str) -> Session:
    shared = Session()
    _furnish(shared, ca_bundle, proxy)
    return shared


def furnish(session: Session) -> None:
    """Give a session from elsewhere the same limits, the same road and no memory."""
    settings = config.current()
    _furnish(session, settings.ca_bundle, settings.proxy)


def _furnish(session: Session, ca_bundle: Path | None, proxy: str) -> None:
    # With trust_env, REQUESTS_CA_BUNDLE would silently win over our own.
    session.trust_env = False
    session.verify = str(ca_bundle) if ca_bundle else True
    # Plain http is spoken with this machine alone, and needs no proxy.
    session.proxies = {"https": proxy} if proxy else {}
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers["User-Agent"] = USER_AGENT
    for scheme in ("https://", "http://"):
        session.mount(scheme, _adapter())


@cache
def _adapter() -> "Adapter":
    return Adapter()


class Adapter(HTTPAdapter):
    """Sends one request and reads its answer, within limits; raises Lost."""

    def __init__(
        self,
        idle_seconds: float = IDLE_SECONDS,
        longest: float = LONGEST_SECONDS,
        longest_upload: float = LONGEST_UPLOAD_SECONDS,
    ) -> None:
        self.idle_seconds = idle_seconds
        self.longest = longest
        self.longest_upload = longest_upload
        # Only what never left this machine is repeated here.
        retries = Retry(total=None, connect=2, read=0, redirect=0, status=0, other=0)
        super().__init__(4, POOL_SIZE, max_retries=retries, pool_block=True)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, blocksize=BLOCK, **options)
        self._tire(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        self._tire(manager)
        return manager

    def _tire(self, manager: Any) -> None:
        manager.pool_classes_by_scheme = {
            "http": partial(Pool, self.idle_seconds),
            "https": partial(SecurePool, self.idle_seconds),
        }

    def close(self) -> None:
        """Keep the connections: sessions come and go, this adapter is shared."""

    def send(  # noqa: PLR0913 - the signature is the library's
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,  # (connect, read)
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        timeout, longest = timeout or TIMEOUT, self.longest
        if isinstance(request.body, Body):
            request.body.declare(request.headers)
            longest = self.longest_upload
        try:
            with deadline.obeyed(Deadline(time.monotonic() + longest, *timeout)):
                response = super().send(
                    request,
                    stream=True,
                    timeout=timeout,
                    verify=verify,
                    cert=cert,
                    proxies=dict(proxies or {}),
                )
                _complete(response)
        except BREAKS as error:
            raise lost.lost(request, error) from error
        return response


def _complete(response: Response) -> None:
    """Read the whole answer here, so that no reader above meets the network."""
    raw = response.raw
    if response.status_code == 503 and isinstance(raw.connection, HTTPConnection):
        # Graph's best practices: ask again on a new connection.
        vars(raw.connection)["good_until"] = -math.inf
    content = bytearray()
    try:
        while block := raw.read1(BLOCK, decode_content=True):
            content += block
            if len(content) > ANSWER_LIMIT:
                raise TooMuch(f"stopped after {len(content)} bytes")
        vars(response).update(_content=bytes(content), _content_consumed=True)
    finally:
        response.close()
    if 300 <= response.status_code < 400:
        # Without it no session, ours or authlib's, can follow.
        response.headers.pop("Location", None)


BREAKS = (
    requests_errors.ConnectionError,
    requests_errors.Timeout,
    requests_errors.ChunkedEncodingError,
    *(requests_errors.ContentDecodingError, requests_errors.InvalidHeader),
    urllib3_errors.HTTPError,
)


class Connection(HTTPConnection):
    """A connection that obeys a deadline, and knows until when to be used again."""

    good_until = math.inf
    response_class = Answer

    def _new_conn(self) -> socket:
        """Try one address of the host after the other, as long as there is time."""
        failure: Exception = urllib3_errors.NewConnectionError(self, "no address")
        for address in self._addresses():
            try:
                return self._connect_to(address)
            except urllib3_errors.HTTPError as error:
                failure = error
        raise failure

    def _connect_to(self, address: str) -> socket:
        name, self._dns_host = self._dns_host, address
        try:
            self.timeout = deadline.to_connect()
            return super()._new_conn()
        except TimeoutError as error:
            raise urllib3_errors.ConnectTimeoutError(self, str(error)) from error
        finally:
            self._dns_host = name

    def _addresses(self) -> list[str]:
        try:
            found = getaddrinfo(self._dns_host, self.port, type=SOCK_STREAM)
        except (gaierror, UnicodeError) as error:
            reason = cast(gaierror, error)
            raise urllib3_errors.NameResolutionError(self.host, self, reason) from error
        return [str(address[0]) for *_, address in found]

    def _tunnel(self) -> None:
        super()._tunnel()
        # What follows is still connecting.
        self.sock.settimeout(self.timeout)

    def send(self, data: Any) -> None:
        """Send a block; nothing leaves after the deadline."""
        if self.sock is None:
            self.connect()
        self.sock.settimeout(deadline.to_wait())
        super().send(data)


class SecureConnection(Connection, HTTPSConnection):
    """The same, over TLS."""


class Pool(HTTPConnectionPool):
    """A pool that opens a connection anew when it rested too long, or served badly."""

    ConnectionCls = Connection

    def __init__(self, idle_seconds: float, *arguments: Any, **options: Any) -> None:
        self.idle_seconds = idle_seconds
        super().__init__(*arguments, **options)

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection: Any = super()._get_conn(deadline.left())
        if time.monotonic() > connection.good_until:
            connection.close()
        connection.good_until = math.inf
        return connection

    def _put_conn(self, connection: Any) -> None:
        if connection is not None:
            rested = time.monotonic() + self.idle_seconds
            connection.good_until = min(connection.good_until, rested)
        super()._put_conn(connection)


class SecurePool(Pool, HTTPSConnectionPool):
    """The same, over TLS."""

    ConnectionCls = SecureConnection
