"""Who says everything at once, whatever is asked, and hears all that it is told."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

LONGEST = 65536  # bytes of one read
TLS = b"\x16\x03"  # begins a handshake


@dataclass
class Liar:
    """Where it listens, and what it was told, of all connections."""

    port: int
    said: bytes
    drips: bool = False  # and then a byte for each moment that nobody says anything
    heard: bytes = b""


@contextmanager
def lying(said: bytes, *, drips: bool = False) -> Iterator[Liar]:
    """Serve until the block ends; `heard` is whole after it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        liar = Liar(port=listener.getsockname()[1], said=said, drips=drips)
        thread = threading.Thread(target=_serve, args=(liar, listener))
        thread.start()
        try:
            yield liar
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(liar: Liar, listener: socket.socket) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            with client, suppress(OSError):
                client.sendall(liar.said)
                _hear(liar, client)


def _hear(liar: Liar, client: socket.socket) -> None:
    """Hear until the other side hangs up, or waits for an answer of TLS."""
    client.settimeout(0.02 if liar.drips else 30)
    while True:
        try:
            data = client.recv(LONGEST)
        except TimeoutError:
            client.sendall(b"x")
            continue
        if not data:
            return
        liar.heard += data
        if TLS in liar.heard:
            return
