"""A server that answers what it is told, well or badly, and remembers what it got."""

import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import BinaryIO

EVERYTHING = 2**62
TLS_HANDSHAKE = b"\x16"  # which we do not speak


@dataclass(frozen=True)
class Request:
    """One request, as it arrived."""

    line: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    connection: int  # counted from 1


Act = Callable[[socket.socket], None]


@dataclass(frozen=True)
class Step:
    """How much of a request's body to read, and what to do then."""

    act: Act
    takes: int = EVERYTHING
    closes: bool = True


def reply(status: int = 202, body: bytes = b"", **headers: str) -> Step:
    """Answer properly; a header's name is given with _ for -."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = "\r\n".join([*lines, "", ""]).encode()
    return Step(lambda peer: peer.sendall(head + body), closes=False)


def say(text: bytes) -> Step:
    """Send these bytes and close, whether they are a whole answer or not."""
    return Step(lambda peer: peer.sendall(text))


def reset(takes: int = EVERYTHING) -> Step:
    """Read so much of the body, then break the connection."""
    linger = struct.pack("ii", 1, 0)  # closing now sends RST

    def act(peer: socket.socket) -> None:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    return Step(act, takes=takes)


@dataclass
class Server:
    """What to do next, and what has happened."""

    url: str
    port: int
    script: deque[Step] = field(default_factory=deque)
    requests: list[Request] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def will(self, *steps: Step) -> "Server":
        """Follow these steps, one for each request; then accept everything."""
        self.script.extend(steps)
        return self

    def silence(self) -> Step:
        """Say nothing until the test is over."""

        def act(peer: socket.socket) -> None:
            self.over.wait()

        return Step(act)

    def drip(self, head: bytes, text: bytes, every: float) -> Step:
        """Say the head, then a byte every so many seconds, until the test is over."""

        def act(peer: socket.socket) -> None:
            peer.sendall(head)
            for number in range(len(text)):
                peer.sendall(text[number : number + 1])
                if self.over.wait(every):
                    return

        return Step(act)


@contextmanager
def serve() -> Iterator[Server]:
    """Listen on a free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        server = Server(url=f"http://127.0.0.1:{port}", port=port)
        threading.Thread(target=_listen, args=(listener, server), daemon=True).start()
        try:
            yield server
        finally:
            server.over.set()
            listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that listens


def _listen(listener: socket.socket, server: Server) -> None:
    number = 0
    with suppress(OSError):
        while not server.over.is_set():
            peer, _ = listener.accept()
            number += 1
            arguments = (peer, server, number)
            threading.Thread(target=_talk, args=arguments, daemon=True).start()


def _talk(peer: socket.socket, server: Server, number: int) -> None:
    with peer, suppress(OSError), peer.makefile("rb") as stream:
        peer.settimeout(30)
        if stream.peek(1)[:1] == TLS_HANDSHAKE:
            return
        while line := stream.readline().decode("latin-1").strip():
            headers = dict(_headers(stream))
            step = server.script.popleft() if server.script else reply()
            length = min(int(headers.get("content-length", 0)), step.takes)
            body = stream.read(length)
            server.requests.append(Request(line, headers, body, number))
            step.act(peer)
            if step.closes:
                return


def _headers(stream: BinaryIO) -> Iterator[tuple[str, str]]:
    while line := stream.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        yield name.lower(), value.strip()
