"""The SMTP door, open on a free port; and somebody who types every byte by hand."""

import asyncio
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Event, Thread
from types import TracebackType
from typing import Self
from uuid import UUID

from portal import db
from portal.config import Bind, Config
from portal.intake.smtp import Server
from portal.intake.smtp.connection import Limits
from portal.workspace.people import keys
from tests.microsoft import certificates
from tests.processes import free_port

ANN = "admin@contoso.example"
JANE = "jane@example.com"
MAIL = f"From: {ANN}\r\nTo: {JANE}\r\nSubject: Hi\r\n\r\nWell.\r\n".encode()
PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Door:
    """Where it listens, how to close it, and a key that opens it."""

    bind: Bind
    key: str
    loop: asyncio.AbstractEventLoop
    stop: asyncio.Event
    thread: Thread
    meet: Callable[[], asyncio.Protocol]  # whoever comes in
    encrypted: Bind | None = None

    def close(self) -> None:
        """Ask it to end, and wait until it has."""
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.stop.set)
        self.thread.join(PATIENCE_SECONDS)
        assert not self.thread.is_alive()


@contextmanager
def listening(
    settings: Config, *, certificate: str = "", limits: Limits | None = None
) -> Iterator[Door]:
    """Open the door of a house that is open already."""
    bind = Bind("127.0.0.1", free_port())
    encrypted = Bind("127.0.0.1", free_port()) if certificate else None
    settings = replace(
        settings, smtp_bind=bind, smtps_bind=encrypted, smtp_certificate=certificate
    )
    with db.session() as session:
        key = keys.create(session, "scanner")
    server = Server(settings, limits)
    begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        stop = asyncio.Event()
        begun.set_result((asyncio.get_running_loop(), stop))
        await server.run(stop)

    thread = Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    loop, stop = begun.result(PATIENCE_SECONDS)
    door = Door(bind, key, loop, stop, thread, server.meet, encrypted)
    try:
        yield door
    finally:
        door.close()


class Talk:
    """One connection, byte by byte."""

    def __init__(
        self,
        door: Door,
        *,
        encrypted: bool = False,
        through: socket.socket | None = None,
    ) -> None:
        self.key = door.key
        at = door.encrypted if encrypted and door.encrypted else door.bind
        self.socket = through or connected(at)
        if encrypted:
            self._encrypt()
        self._file = self.socket.makefile("rb")
        self.greeting = self.reply()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        self.socket.close()

    def type(self, data: bytes) -> None:
        self.socket.sendall(data)

    def say(self, line: str) -> str:
        """Say a line; return the reply, all its lines."""
        self.type(f"{line}\r\n".encode())
        return self.reply()

    def reply(self) -> str:
        """Read one reply; "": the connection has ended."""
        lines = []
        while line := self._file.readline():
            lines.append(line.decode().rstrip("\r\n"))
            if line[3:4] != b"-":
                break
        return "\n".join(lines)

    def sign_in(self, key: str = "") -> str:
        self.say("EHLO client.example")
        return self.say(f"AUTH PLAIN {plain(key or self.key)}")

    def begin(self, *recipients: str) -> None:
        """Say from whom and to whom a mail is, and DATA."""
        assert self.say(f"MAIL FROM:<{ANN}>") == "250 2.1.0 OK"
        for each in recipients or [JANE]:
            assert self.say(f"RCPT TO:<{each}>") == "250 2.1.5 OK"
        assert self.say("DATA").startswith("354 ")

    def mail(self, data: bytes = MAIL, *recipients: str) -> str:
        """Bring a mail, whose dots are stuffed; return the last reply."""
        self.begin(*recipients)
        self.type(data + b".\r\n")
        return self.reply()

    def start_tls(self) -> None:
        assert self.say("STARTTLS").startswith("220 ")
        self.encrypt()

    def encrypt(self) -> None:
        """Go on encrypted, as the other side has agreed to."""
        self._file.close()
        self._encrypt()
        self._file = self.socket.makefile("rb")

    @property
    def seen(self) -> str:
        """Return whose certificate it showed, by serial number."""
        assert isinstance(self.socket, ssl.SSLSocket)
        return ssl.DER_cert_to_PEM_cert(
            self.socket.getpeercert(binary_form=True) or b""
        )

    def _encrypt(self) -> None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket)


def connected(at: Bind) -> socket.socket:
    """Connect as soon as somebody listens there."""
    for _ in range(PATIENCE_SECONDS * 100):
        try:
            return socket.create_connection(at, timeout=PATIENCE_SECONDS)
        except ConnectionRefusedError:
            Event().wait(0.01)
    raise AssertionError("Nobody listens.")


def from_elsewhere(door: Door) -> socket.socket:
    """Come in from no address of this machine: a pair of sockets has none at all."""
    ours, theirs = socket.socketpair()
    ours.settimeout(PATIENCE_SECONDS)
    coming = door.loop.connect_accepted_socket(door.meet, theirs)
    asyncio.run_coroutine_threadsafe(coming, door.loop).result(PATIENCE_SECONDS)
    return ours


def pem(days: int = 1) -> str:
    """Make a certificate with its key, as the door reads them."""
    made = certificates.self_signed(days)
    return (made.key + made.certificate).decode()


def plain(key: str, name: str = "scanner") -> str:
    return b64encode(f"\0{name}\0{key}".encode()).decode()


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def of(reply: str) -> UUID:
    """Return the id that a mail was queued as."""
    words = reply.split()
    assert words[:4] == ["250", "2.0.0", "queued", "as"], reply
    return UUID(words[4])
