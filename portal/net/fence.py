"""A fence: what is sent to addresses that people type does not get into the house.

A webhook may be anywhere in the world, but not in a network that only this machine can
see, unless the operator names it (PORTAL_ALERT_PRIVATE). What counts is the address
that is connected to, not the name: what a name leads to may change between two looks.
Through a proxy nobody but the proxy knows that; it is asked here what the name means.
"""

from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from socket import SOCK_STREAM, gaierror, getaddrinfo
from typing import Any

from requests import PreparedRequest, Response, Session
from requests.utils import select_proxy

from portal import config, net
from portal.explanations import network
from portal.net import address
from portal.net.lost import Forbidden, Lost
from portal.net.pool import Connection, Pool, SecureConnection, SecurePool

LONGEST_SECONDS = 10.0  # a request in all
ANSWER_LIMIT = 64 * 1024  # bytes
LOCALHOST = ("127.0.0.1", "::1")
TRANSLATED = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address is at its end


def session() -> Session:
    """Return a session that stays out of private networks; raises Lost, as others."""
    fenced = Session()
    net.furnish(fenced)
    for scheme in ("https://", "http://"):
        fenced.mount(scheme, _adapter())
    return fenced


@cache
def _adapter() -> "Adapter":
    return Adapter(longest=LONGEST_SECONDS)


def open_to(found: str) -> bool:
    """Tell whether something may be sent to an IP address."""
    ip = _meant(ip_address(found.partition("%")[0]))
    if any(ip in network for network in config.current().alert_private):
        return True
    return ip.is_global and not ip.is_multicast


def shut_to(host: str) -> bool:
    """Tell whether a host is surely within the fence; other names must be looked up."""
    try:
        return not open_to(host)
    except ValueError:
        return config.is_loopback(host) and not any(map(open_to, LOCALHOST))


def _meant(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip in TRANSLATED:
        return IPv4Address(ip.packed[-4:])
    return ip.ipv4_mapped or ip.sixtofour or ip


class FencedConnection(Connection):
    """Connects to no address within the fence, but to the proxy wherever it is."""

    def _addresses(self) -> list[str]:
        found = super()._addresses()
        if self.proxy is not None:
            return found
        allowed = [each for each in found if open_to(each)]
        if not allowed:
            raise Forbidden
        return allowed


class SecureFencedConnection(FencedConnection, SecureConnection):
    """The same, over TLS."""


class FencedPool(Pool):
    """A pool of fenced connections."""

    ConnectionCls = FencedConnection


class SecureFencedPool(SecurePool):
    """The same, over TLS."""

    ConnectionCls = SecureFencedConnection


class Adapter(net.Adapter):
    """Sends to the open world, with less patience than to Microsoft."""

    pools = (FencedPool, SecureFencedPool)
    answer_limit = ANSWER_LIMIT

    def send(self, request: PreparedRequest, *others: Any, **options: Any) -> Response:
        url = request.url or ""
        if select_proxy(url, options.get("proxies")) and not _open(url):
            host = address.read(url).host
            raise network.PRIVATE.filled(host=host).as_a(Lost, sent=False)
        return super().send(request, *others, **options)


def _open(url: str) -> bool:
    """Tell whether a name leads into the open, as far as it is known here."""
    found = address.read(url)
    try:
        known = getaddrinfo(found.host, found.port, type=SOCK_STREAM)
    except (gaierror, UnicodeError):
        return True  # the proxy may know it
    return any(open_to(str(each[0])) for *_, each in known)
