"""The way to a server, straight or through an HTTP proxy; and whom we trust there."""

import socket
import ssl
from base64 import b64encode
from functools import cache
from urllib.parse import unquote, urlsplit

from portal import config, net
from portal.explanations.network import NO_PROXY, NO_WAY_THROUGH, PROXY_SIGN_IN
from portal.net import deadline
from portal.net.address import PORTS

LONGEST_ANSWER = 8192  # bytes
AUTHENTICATE = 407  # HTTP status


def connect(host: str, port: int, proxy: str) -> socket.socket:
    """Return a socket that ends at this server; raise OSError or a DeliveryError.

    What is on this machine is reached without the proxy.
    """
    if not proxy or config.is_loopback(host):
        return socket.create_connection((host, port), deadline.to_connect())
    parts = urlsplit(proxy)
    at = (parts.hostname or "", parts.port or PORTS.get(parts.scheme, 80))
    sock = socket.create_connection(at, deadline.to_connect())
    try:
        if parts.scheme == "https":
            sock = context(ignored=False).wrap_socket(sock, server_hostname=at[0])
        _pass(sock, f"[{host}]:{port}" if ":" in host else f"{host}:{port}", proxy)
    except BaseException:
        sock.close()
        raise
    return sock


def context(*, ignored: bool) -> ssl.SSLContext:
    """Return how TLS is spoken; `ignored`: whatever certificate a server shows."""
    return _context(net.trusted(config.current()), ignored)


@cache
def _context(authorities: str | None, ignored: bool) -> ssl.SSLContext:
    chosen = ssl.create_default_context(cadata=authorities)
    chosen.minimum_version = ssl.TLSVersion.TLSv1_2
    if ignored:
        chosen.check_hostname = False
        chosen.verify_mode = ssl.CERT_NONE
    return chosen


def _pass(sock: socket.socket, place: str, proxy: str) -> None:
    """Have the proxy connect us; what it says of itself ends with an empty line."""
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}", *_who(proxy), "", ""]
    sock.settimeout(deadline.to_wait())
    sock.sendall("\r\n".join(lines).encode())
    status = _status(_head(sock))
    if status == AUTHENTICATE:
        raise PROXY_SIGN_IN.error()
    if not status:
        raise NO_PROXY.error()
    if not 200 <= status < 300:
        raise NO_WAY_THROUGH.error(host=place.rpartition(":")[0])


def _who(proxy: str) -> list[str]:
    parts = urlsplit(proxy)
    if not parts.username:
        return []
    named = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return [f"Proxy-Authorization: Basic {b64encode(named.encode()).decode()}"]


def _head(sock: socket.socket) -> bytes:
    """Read byte by byte: what follows is the server's greeting, and stays."""
    head = b""
    while not head.endswith((b"\r\n\r\n", b"\n\n")) and len(head) < LONGEST_ANSWER:
        sock.settimeout(deadline.to_wait())
        byte = sock.recv(1)
        if not byte:
            break
        head += byte
    return head


def _status(head: bytes) -> int:
    """Return the HTTP status; 0 if this is no answer of a proxy, or not all of it."""
    words = head.split(b"\r\n", 1)[0].split(b" ", 2)
    whole = head.endswith((b"\r\n\r\n", b"\n\n")) and head.startswith(b"HTTP/1.")
    told = words[1] if whole and len(words) > 1 else b""
    return int(told) if told.isdigit() and len(told) == 3 else 0
