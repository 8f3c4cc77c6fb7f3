"""The client's side of one connection: what is said, each wait no longer than it may.

The library speaks; sockets, deadlines and what a reply means are ours.
"""

import re
import smtplib
import time
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedReader
from socket import socket

from portal.errors import Answer
from portal.mail.journal import TEXT_LIMIT
from portal.net import TIMEOUT, deadline
from portal.net.deadline import Deadline, Timely, to_wait

ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\b")  # RFC 3463
BLOCK = 64 * 1024  # bytes that are given to the socket at once
EXCHANGE = "Microsoft ESMTP"  # in the greeting


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the server said."""

    status: int  # -1: no number that SMTP knows
    text: str

    @property
    def well(self) -> bool:
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """The enhanced status code; empty if it has none."""
        found = ENHANCED.match(self.text)
        return found[1] if found else ""

    def without(self, *secrets: str) -> "Reply":
        """Return it as it may be told: whoever is told a secret may repeat it."""
        text = self.text
        for secret in filter(None, secrets):
            text = text.replace(secret, "…")
        return Reply(status=self.status, text=text)

    @property
    def answer(self) -> Answer:
        """What of it the journal keeps."""
        words = self.text.removeprefix(self.code).split()
        status = self.status if self.status > 0 else None
        return Answer(status=status, code=self.code, text=" ".join(words)[:TEXT_LIMIT])


class Client(smtplib.SMTP):
    """A connection that somebody else opened."""

    def __init__(self, sock: socket, host: str, name: str) -> None:
        super().__init__(local_hostname=name)
        self.sock, self._host = sock, host
        self.command_encoding = "utf-8"  # whether that may be is decided before
        self.exchange = False  # whether the server is Microsoft's
        self.rested_at = 0.0  # by time.monotonic()

    def greeted(self) -> Reply:
        """Return the greeting, and remember who greets so."""
        reply = self.hear()
        self.exchange = self.exchange or EXCHANGE in reply.text
        return reply

    def say(self, command: str, words: str = "") -> Reply:
        """Say something, and return what is answered; raise OSError."""
        self.putcmd(command, words)
        return self.hear()

    def ask(self, command: str, words: str = "") -> Reply:
        """Say something about a message, and return what is answered in a minute."""
        connect, wait = TIMEOUT
        with deadline.obeyed(Deadline(time.monotonic() + wait, connect, wait)):
            return self.say(command, words)

    def hear(self) -> Reply:
        """Return the next reply; raise OSError."""
        status, text = self.getreply()
        return Reply(status=status, text=text.decode("utf-8", "replace"))

    def pour(self, data: bytes) -> None:
        """Hand bytes to the socket, each block in a minute; raise OSError."""
        connect, wait = TIMEOUT
        for start in range(0, len(data), BLOCK):
            with deadline.obeyed(Deadline(time.monotonic() + wait, connect, wait)):
                self.hand(data[start : start + BLOCK])

    def hand(self, data: bytes) -> None:
        """Hand bytes to the socket; raise OSError if it does not take all of them."""
        self._wait_for_socket().sendall(data)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None:
            sock = self._wait_for_socket()
            stream = sock.makefile("rb", buffering=0)
            self.file = BufferedReader(Timely(sock, stream))
        return super().getreply()

    def send(self, s: bytes | str) -> None:  # type: ignore[override]
        self._wait_for_socket()
        super().send(s)

    def leave(self) -> None:
        """Say goodbye without waiting for an answer, and close."""
        with suppress(OSError):
            if self.sock is not None:
                self.sock.settimeout(1)
                self.sock.sendall(b"QUIT\r\n")
        self.close()

    def _wait_for_socket(self) -> socket:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("The connection is closed.")
        self.sock.settimeout(to_wait())
        return self.sock
