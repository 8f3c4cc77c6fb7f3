"""How this house reaches the world: one session, with limits, proxy and CA bundle.

Whatever breaks on the way becomes `Lost`, which says whether the other side may have
the whole request. No redirect is followed, no cookie kept, no environment variable
obeyed, and no connection used again that rested for more than `IDLE_SECONDS`.

A request is over in `LONGEST_SECONDS`, with a `Body` in `LONGEST_UPLOAD_SECONDS`, which
4 MB need at 360 kbit/s. Leases are counted from that. The resolver of names may take
longer, since nobody can interrupt it, but nothing is sent afterwards.
"""

import math
import ssl
from collections.abc import Mapping
from functools import cache, partial
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version
from pathlib import Path
from typing import Any

from requests import PreparedRequest, Response, Session
from requests import exceptions as requests_errors
from requests.adapters import HTTPAdapter
from urllib3 import Retry
from urllib3 import exceptions as urllib3_errors
from urllib3.connection import HTTPConnection

from portal import clock, config
from portal.config import Config, pem
from portal.errors import ConfigError
from portal.net import address, deadline, lost
from portal.net.body import BLOCK, Body
from portal.net.deadline import Deadline
from portal.net.lost import Lost, TooMuch
from portal.net.pool import Pool, SecurePool

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
    check(settings)
    return _shared(settings.ca_bundle, settings.proxy)


@cache
def _shared(ca_bundle: Path | None, proxy: str) -> Session:
    shared = Session()
    _furnish(shared, ca_bundle, proxy)
    return shared


def furnish(session: Session) -> None:
    """Give a session from elsewhere the same limits, the same road and no memory."""
    settings = config.current()
    check(settings)
    _furnish(session, settings.ca_bundle, settings.proxy)


def _furnish(session: Session, ca_bundle: Path | None, proxy: str) -> None:
    # With trust_env, REQUESTS_CA_BUNDLE would silently win over our own.
    session.trust_env = False
    session.verify = str(ca_bundle) if ca_bundle else True
    # Plain http is spoken with this machine alone.
    session.proxies = {"https": proxy} if proxy else {}
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers["User-Agent"] = USER_AGENT
    for scheme in ("https://", "http://"):
        session.mount(scheme, _adapter())


def check(settings: Config) -> None:
    """Raise ConfigError if nobody can be trusted by the bundle that was chosen."""
    trusted(settings)


def trusted(settings: Config) -> str | None:
    """Return the authorities of the bundle that was chosen, as PEM; None without one.

    Read once: what becomes of the file later concerns the next start. Raises
    ConfigError.
    """
    return _read(settings.ca_bundle) if settings.ca_bundle else None


@cache
def _read(ca_bundle: Path) -> str:
    try:
        # What is not ASCII is a comment; "" would stand for this machine's own.
        read = ca_bundle.read_text("ascii", "ignore") or "nothing"
        ssl.create_default_context(cadata=read)
    except OSError as error:  # ssl.SSLError is one
        why = pem.why(error)
        raise ConfigError(f"PORTAL_CA_BUNDLE {pem.AUTHORITIES}: {why}.") from error
    return read


@cache
def _adapter() -> "Adapter":
    return Adapter()


class Adapter(HTTPAdapter):
    """Sends one request and reads its answer, within limits; raises Lost."""

    pools: tuple[type[Pool], type[Pool]] = (Pool, SecurePool)  # plain, and over TLS
    answer_limit = ANSWER_LIMIT

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
        plain, secure = self.pools
        manager.pool_classes_by_scheme = {
            "http": partial(plain, self.idle_seconds),
            "https": partial(secure, self.idle_seconds),
        }

    def build_connection_pool_key_attributes(
        self, request: PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        place, trust = super().build_connection_pool_key_attributes(
            request, verify, cert
        )
        if path := trust.get("ca_certs"):
            known = {"ca_certs": None, "ca_cert_data": _read(Path(path))}
            return place, trust | known
        return place, trust

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        if verify is True:  # or the pool knows whom it trusts
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]

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
        timeout, longest, status = timeout or TIMEOUT, self.longest, None
        if isinstance(request.body, Body):
            request.body.declare(request.headers)
            longest = self.longest_upload
        try:
            with deadline.obeyed(Deadline(clock.seconds() + longest, *timeout)):
                response = super().send(
                    request,
                    stream=True,
                    timeout=timeout,
                    verify=verify,
                    cert=cert,
                    proxies={} if _here(request) else dict(proxies or {}),
                )
                status = response.status_code
                _complete(response, self.answer_limit)
        except BREAKS as error:
            raise lost.lost(request, error, status) from error
        return response


def _here(request: PreparedRequest) -> bool:
    """Tell whether this machine is asked: no proxy stands between."""
    return config.is_loopback(address.read(request.url or "").host)


def _complete(response: Response, most: int) -> None:
    """Read the whole answer here, so that no reader above meets the network."""
    raw = response.raw
    if response.status_code == 503 and isinstance(raw.connection, HTTPConnection):
        # Graph's best practices: ask again on a new connection.
        vars(raw.connection)["good_until"] = -math.inf
    content = bytearray()
    try:
        while block := raw.read1(BLOCK, decode_content=True):
            content += block
            if len(content) > most:
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
