"""A proxy that leads to one server, well or not."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from portal import config
from portal.config import Config

WELL = b"HTTP/1.1 200 Connection established\r\n\r\n"


class Proxy:
    """A proxy that leads to one port of this machine, whatever it is asked for."""

    def __init__(self, port: int, answer: bytes) -> None:
        self.leads_to, self.answer = port, answer
        self.heard = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def serve(self) -> None:
        with suppress(OSError):
            client, _ = self.listener.accept()
            with client:
                while not self.heard.endswith(b"\r\n\r\n"):
                    self.heard += client.recv(1)
                client.sendall(self.answer)
                if self.answer.startswith(WELL):
                    self.relay(client)

    def relay(self, client: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self.leads_to)) as server:
            back = threading.Thread(target=_pump, args=(server, client))
            back.start()
            _pump(client, server)
            back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def leading(port: int, answer: bytes = WELL) -> Iterator[Proxy]:
    """Serve a proxy until the block ends."""
    told = Proxy(port, answer)
    thread = threading.Thread(target=told.serve)
    thread.start()
    try:
        yield told
    finally:
        with suppress(OSError):
            told.listener.shutdown(socket.SHUT_RDWR)
        told.listener.close()
        thread.join()


@contextmanager
def proxy(
    house: Config, port: int, answer: bytes = WELL, who: str = ""
) -> Iterator[Proxy]:
    """Let the house go through a proxy until the block ends."""
    with leading(port, answer) as told:
        config.use(replace(house, proxy=f"http://{who}127.0.0.1:{told.port}"))
        yield told
