"""An SMTP server that answers what it is told, and remembers what it was told."""

import socket
import ssl
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

from portal.workspace.accounts.servers import Authentication, Security, Server
from tests.sandbox.identity import Identity

CLOSE = "close"  # instead of an answer
SILENCE = "silence"  # likewise, and the connection stays
OFFERS = ("8BITMIME", "SMTPUTF8", "SIZE 35000000", "AUTH PLAIN LOGIN XOAUTH2")
LATIN = "latin-1"
LONGEST = 510  # characters of a command; RFC 5321 section 4.5.3.1.4


@dataclass
class Obeying:
    """Where it listens, and what it says; `replies` are used up one after another.

    A key is a verb, or a verb and a recipient: "RCPT jane@example.com".
    """

    port: int
    greeting: str = "220 mail.example ESMTP"
    offers: tuple[str, ...] = OFFERS
    replies: dict[str, list[str]] = field(default_factory=dict)
    identity: Identity | None = None
    context: ssl.SSLContext | None = None
    tls_first: bool = False
    heard: list[str] = field(default_factory=list)  # commands, of all connections
    mails: list[bytes] = field(default_factory=list)  # as they travelled, unstuffed
    connections: int = 0

    def server(self, **more: object) -> Server:
        """Say how it is reached."""
        how = {"host": "127.0.0.1", "port": self.port, "security": Security.NONE}
        return Server(**how | more)  # type: ignore[arg-type]

    def signing_in(self, **more: object) -> Server:
        """Say how it is reached by somebody with a password."""
        who: dict[str, object] = {
            "authentication": Authentication.PASSWORD,
            "username": "reports@contoso.example",
            "password": "open, Sesame",
        }
        return self.server(**who | more)

    def said(self, verb: str) -> list[str]:
        return [line for line in self.heard if line.upper().startswith(verb)]

    def reply(self, verb: str, usual: str) -> str:
        waiting = self.replies.get(verb)
        return waiting.pop(0) if waiting else usual


@contextmanager
def obeying(**more: object) -> Iterator[Obeying]:
    """Serve until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as ending:
        told = Obeying(port=listener.getsockname()[1], **more)  # type: ignore[arg-type]
        accepting = threading.Thread(target=_accept, args=(told, listener, ending))
        accepting.start()
        try:
            yield told
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()


def _accept(told: Obeying, listener: socket.socket, ending: ExitStack) -> None:
    """Take connections until the listener ends; `ending` ends them."""
    with suppress(OSError):
        while True:
            sock, _ = listener.accept()
            told.connections += 1
            thread = threading.Thread(target=_converse, args=(told, sock))
            ending.callback(thread.join)
            ending.callback(_hang_up, sock)
            thread.start()


def _hang_up(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


class Closed(Exception):
    """The server ends the conversation."""


def _converse(told: Obeying, sock: socket.socket) -> None:
    talk = _Talk(told, sock)
    try:
        if told.tls_first:
            talk.encrypt()
        talk.say(told.reply("GREETING", told.greeting))
        while line := talk.line():
            talk.answer(line.decode(LATIN).rstrip("\r\n"))
    except (Closed, OSError, ValueError):
        pass
    finally:
        talk.close()


class _Talk:
    def __init__(self, told: Obeying, sock: socket.socket) -> None:
        self.told, self.sock = told, sock
        self.file = sock.makefile("rb")
        self.encrypted = False

    def encrypt(self) -> None:
        assert self.told.context
        self.file.close()
        self.sock = self.told.context.wrap_socket(self.sock, server_side=True)
        self.file = self.sock.makefile("rb")
        self.encrypted = True

    def close(self) -> None:
        self.file.close()
        self.sock.close()

    def line(self) -> bytes:
        return self.file.readline()

    def say(self, reply: str) -> None:
        if reply == CLOSE:
            raise Closed
        if reply != SILENCE:
            self.sock.sendall(f"{reply}\r\n".encode())

    def answer(self, line: str) -> None:
        self.told.heard.append(line)
        verb = line.split(" ")[0].upper()
        match verb:
            case "EHLO":
                self.say(self.told.reply(verb, self.hello()))
            case "STARTTLS":
                reply = self.told.reply(verb, "220 2.0.0 ready")
                self.say(reply)
                if reply.startswith("220"):
                    self.encrypt()
            case "AUTH":
                self.sign_in(line)
            case "RCPT":
                who = line.split("<")[1].split(">")[0]
                self.say(self.told.reply(f"RCPT {who}", "250 2.1.5 OK"))
            case "DATA":
                self.data()
            case "QUIT":
                self.say("221 2.0.0 bye")
                raise Closed
            case _:
                self.say(self.told.reply(verb, "250 2.0.0 OK"))

    def hello(self) -> str:
        more = ["STARTTLS"] if self.told.context and not self.encrypted else []
        lines = ["mail.example", *self.told.offers, *more]
        return "\r\n".join(
            f"250{' ' if line is lines[-1] else '-'}{line}" for line in lines
        )

    def sign_in(self, line: str) -> None:
        if line == "AUTH LOGIN":
            for question in ("334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"):
                self.say(question)
                self.told.heard.append(b64decode(self.line()).decode())
        elif line.count(" ") == 1:
            self.say("334 ")
            self.told.heard.append(b64decode(self.line()).decode())
        too_long = "500 5.5.2 too long" if len(line) > LONGEST else ""
        reply = too_long or self.told.reply("AUTH", "235 2.7.0 welcome")
        self.say(reply)
        if reply.startswith("334"):
            self.told.heard.append(self.line().decode().rstrip("\r\n"))
            self.say("535 5.7.8 no")

    def data(self) -> None:
        reply = self.told.reply("DATA", "354 go on")
        self.say(reply)
        if not reply.startswith("354"):
            return
        early = self.told.reply("MEANWHILE", "")
        if early:
            self.file.read(1000)
            self.say(early)
        lines: list[bytes] = []
        while (line := self.line()) != b".\r\n":
            if not line:
                raise Closed
            lines.append(line[1:] if line.startswith(b".") else line)
        if early:
            return
        self.told.mails.append(b"".join(lines))
        self.say(self.told.reply("CONTENT", "250 2.6.0 queued as 1"))
