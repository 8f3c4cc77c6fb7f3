"""How this house reaches the world: one session, with limits, proxy and CA bundle.

Whatever breaks on the way becomes `Lost`, which says whether the other side may have
the whole request. No redirect is followed, no cookie kept, no environment variable
obeyed, and no connection used again that rested for more than `IDLE_SECONDS`.
"""

import math
import time
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from requests import PreparedRequest, Response, Session
from requests import exceptions as requests_errors
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Retry
from urllib3 import exceptions as urllib3_errors
from urllib3.connection import HTTPConnection, HTTPSConnection

from portal import config
from portal.errors import PortalError

__all__ = ["Adapter", "Body", "Lost", "Response", "Session", "furnish", "session"]

USER_AGENT = f"mail-portal/{version('mail-portal')}"
TIMEOUT = (5.0, 60.0)  # seconds to connect, and for each wait for an answer
IDLE_SECONDS = 20  # some gateways drop a resting connection without a word
ANSWER_LIMIT = 1024 * 1024  # bytes
BLOCK = 64 * 1024  # bytes
POOL_SIZE = 16  # connections to one host


class Lost(PortalError):
    """The connection was lost before the answer was complete."""

    def __init__(self, message: str | None = None, *, sent: bool) -> None:
        self.sent = sent  # the other side may have the whole request
        super().__init__(message)


class Body:
    """What a request carries; knows whether all of it was handed to the socket."""

    def __init__(self, content: bytes | Iterable[bytes], length: int | None = None):
        chunks = [content] if isinstance(content, bytes) else content
        self._length = len(content) if isinstance(content, bytes) else length or 0
        self._chunks = iter(chunks)
        self._rest = memoryview(b"")
        self._given = 0
        self.spent = False

    def __len__(self) -> int:
        return self._length

    def __bool__(self) -> bool:
        # requests would take an empty body for none, and nobody would watch it.
        return True

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.read(BLOCK), b"")

    def read(self, size: int = -1) -> bytes:
        """Give out the next block; being asked beyond the last one marks it spent.

        Whoever sends asks again only after the socket took the block before, so a
        connection that broke in the last block did not get it.
        """
        while not self._rest and (chunk := next(self._chunks, None)) is not None:
            self._rest = memoryview(chunk)
        block = bytes(self._rest[:size] if size >= 0 else self._rest)
        self._rest = self._rest[len(block) :]
        self._given += len(block)
        if self._given > self._length or (not block and self._given < self._length):
            raise ValueError("This body is not as long as it was said to be.")
        self.spent = not block and size != 0
        return block


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

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self.idle_seconds = idle_seconds
        # Only what never left this machine is repeated here.
        retries = Retry(total=None, connect=2, read=0, redirect=0, status=0, other=0)
        super().__init__(4, POOL_SIZE, max_retries=retries, pool_block=True)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any
    ) -> None:
        super().init_poolmanager(
            connections, maxsize, block, blocksize=BLOCK, **pool_kwargs
        )
        self._tire(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
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
        timeout = timeout or TIMEOUT
        if isinstance(request.body, Body):
            _declare_length(request)
        try:
            response = super().send(
                request,
                stream=True,
                timeout=timeout,
                verify=verify,
                cert=cert,
                proxies=dict(proxies or {}),
            )
            _complete(response, seconds=timeout[1])
        except BREAKS as error:
            raise _lost(request, error) from error
        return response


def _declare_length(request: PreparedRequest) -> None:
    # requests chooses chunked encoding for an empty stream; Graph wants a length.
    request.headers.pop("Transfer-Encoding", None)
    request.headers["Content-Length"] = str(len(cast(Body, request.body)))


class TooMuch(urllib3_errors.HTTPError):
    """The answer was longer, or took longer, than any honest one."""


def _complete(response: Response, *, seconds: float) -> None:
    """Read the whole answer here, so that no reader above meets the network."""
    raw, until = response.raw, time.monotonic() + seconds
    if response.status_code == 503 and isinstance(raw.connection, HTTPConnection):
        # Graph's best practices: ask again on a new connection.
        vars(raw.connection)["good_until"] = -math.inf
    content = bytearray()
    try:
        while block := raw.read1(BLOCK, decode_content=True):
            content += block
            if len(content) > ANSWER_LIMIT or time.monotonic() > until:
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
    requests_errors.ContentDecodingError,
    urllib3_errors.HTTPError,
)

# The first line whose error is somewhere in the chain tells what happened.
REASONS: tuple[tuple[type[Exception], str], ...] = (
    (TooMuch, "{host} answered at too great a length."),
    (urllib3_errors.NameResolutionError, "The name {host} could not be resolved."),
    (urllib3_errors.ProxyError, "The proxy did not let us through to {host}."),
    (urllib3_errors.SSLError, "No secure connection to {host} could be made."),
    (urllib3_errors.NewConnectionError, "{host} refused the connection."),
    (urllib3_errors.ConnectTimeoutError, "{host} could not be reached in time."),
    (urllib3_errors.ReadTimeoutError, "{host} did not answer in time."),
    (Exception, "The connection to {host} broke off."),
)
UNREACHED = (urllib3_errors.ConnectTimeoutError, urllib3_errors.ProxyError)


def _lost(request: PreparedRequest, error: Exception) -> Lost:
    chain = list(_chain(error))
    reason = next(
        text for kind, text in REASONS if any(isinstance(e, kind) for e in chain)
    )
    if isinstance(request.body, Body):
        sent = request.body.spent
    else:
        sent = not any(isinstance(e, UNREACHED) for e in chain)
    return Lost(reason.format(host=urlsplit(request.url or "").hostname), sent=sent)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


class Connection(HTTPConnection):
    """A connection that knows until when it may be used again."""

    good_until = math.inf


class SecureConnection(HTTPSConnection):
    """The same, over TLS."""

    good_until = math.inf


class Tiring:
    """A pool that opens a connection anew when it rested too long, or served badly."""

    def __init__(self, idle_seconds: float, *arguments: Any, **options: Any) -> None:
        self.idle_seconds = idle_seconds
        super().__init__(*arguments, **options)

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)  # type: ignore[misc]
        if time.monotonic() > connection.good_until:
            connection.close()
        connection.good_until = math.inf
        return connection

    def _put_conn(self, connection: Any) -> None:
        if connection is not None:
            rested = time.monotonic() + self.idle_seconds
            connection.good_until = min(connection.good_until, rested)
        super()._put_conn(connection)  # type: ignore[misc]


class Pool(Tiring, HTTPConnectionPool):
    """Connections to one host."""

    ConnectionCls = Connection


class SecurePool(Tiring, HTTPSConnectionPool):
    """Connections to one host, over TLS."""

    ConnectionCls = SecureConnection
