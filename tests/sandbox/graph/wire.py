"""A request by hand, on a socket of its own."""

import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from portal.sandbox.graph import limits
from tests.sandbox.serving import TIMEOUT_SECONDS, Sandbox

MAIL = b64encode(b"To: jane@example.com\r\n\r\nhi\r\n")


@contextmanager
def asked(sandbox: Sandbox, token: str, size: int) -> Iterator[socket.socket]:
    """Say by hand that a mail of this size follows."""
    place = urlsplit(sandbox.url)
    lines = [
        "POST /v1.0/me/sendMail HTTP/1.1",
        f"Host: {place.netloc}",
        f"Authorization: Bearer {token}",
        "Content-Type: text/plain",
        f"Content-Length: {size}",
    ]
    address = (str(place.hostname), place.port)
    with socket.create_connection(address, timeout=TIMEOUT_SECONDS) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        yield connection


def heard(connection: socket.socket) -> bytes:
    """Return all that is answered until the connection is closed."""
    return b"".join(iter(lambda: connection.recv(limits.CHUNK), b""))
