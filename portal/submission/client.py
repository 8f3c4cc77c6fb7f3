"""The client's side of one connection: what is said, each wait no longer than it may.

The library speaks; sockets, deadlines and what a reply means are ours.
"""

import math
import re
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BufferedReader
from socket import socket

from portal import clock, foreign
from portal.errors import WORDS_LIMIT, Answer
from portal.net import TIMEOUT, deadline
from portal.net.deadline import Deadline, Timely, to_wait
from portal.net.reply import words
from portal.workspace.accounts.servers import Provider

ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\b")  # RFC 3463
BLOCK = 64 * 1024  # bytes that are given to the socket at once
# What a greeting holds that is one's own.
GREETINGS = {"Microsoft ESMTP": Provider.MICROSOFT, "gsmtp": Provider.GOOGLE}
LONGEST_REPLY = 64 * 1024  # bytes; RFC 5321 section 4.5.3.1.5 asks for 512 a line
MOST_LINES = 500
SLOWEST = 10_000  # bytes a second
STATUS = re.compile(rb"\d{3}")


class Endless(OSError):
    """The reply of the server is longer than any reply is."""


class TooSlow(OSError):
    """The server took longer than all of this may take."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the server said."""

    status: int  # -1: no number that SMTP knows
    text: str

    @classmethod
    def heard(cls, status: int, text: bytes) -> "Reply":
        """Return what came, as valid Unicode that may be shown."""
        return cls(status=status, text=foreign.shown(text.decode("utf-8", "replace")))

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
        return Reply(status=self.status, text=words(self.text, *secrets))

    @property
    def answer(self) -> Answer:
        """What of it the journal keeps."""
        text = " ".join(self.text.removeprefix(self.code).split())
        status = self.status if self.status > 0 else None
        return Answer(status=status, code=self.code, text=text[:WORDS_LIMIT])


class Client(smtplib.SMTP):
    """A connection that somebody else opened."""

    def __init__(self, sock: socket, host: str, name: str) -> None:
        super().__init__(local_hostname=name)
        self.sock, self._host = sock, host
        self.command_encoding = "utf-8"  # whether that may be is decided before
        self.provider: Provider | None = None  # whose server it is, if that is known
        self.rested_at = 0.0  # by clock.seconds()
        self._until = math.inf  # likewise: when all that is done now must be over

    def greeted(self) -> Reply:
        """Return the greeting, and remember who greets so."""
        reply = self.hear()
        named = (each for word, each in GREETINGS.items() if word in reply.text)
        self.provider = self.provider or next(named, None)
        return reply

    def say(self, command: str, words: str = "") -> Reply:
        """Say something, and return what is answered; raise OSError."""
        self.putcmd(command, words)
        return self.hear()

    def ask(self, command: str, words: str = "") -> Reply:
        """Say something about a message, and return what is answered in a minute."""
        with self._in_a_minute():
            return self.say(command, words)

    def hear(self) -> Reply:
        """Return the next reply; raise OSError."""
        return Reply.heard(*self.getreply())

    def pour(self, data: bytes) -> None:
        """Hand bytes to the socket, each block in a minute; raise OSError."""
        for start in range(0, len(data), BLOCK):
            block = data[start : start + BLOCK]
            self.grant(len(block) / SLOWEST)
            with self._in_a_minute():
                self.hand(block)

    def hand(self, data: bytes) -> None:
        """Hand bytes to the socket; raise OSError if it does not take all of them."""
        self._wait_for_socket().sendall(data)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Let all that happens here take so long, and what is granted on the way.

        Raises TooSlow when it is over. Waits have no end in sum: a server that answers
        just in time, again and again, would keep a worker for hours.
        """
        self._until = clock.seconds() + seconds
        try:
            yield
        except OSError as error:
            if clock.seconds() < self._until:
                raise
            raise TooSlow from error
        finally:
            self._until = math.inf

    def grant(self, seconds: float) -> None:
        """Let what happens `within` a time take longer."""
        self._until += seconds

    def getreply(self) -> tuple[int, bytes]:
        """Return status and text of the next reply; raise OSError.

        The library's own reads on for as long as a reply is continued.
        """
        lines: list[bytes] = []
        room = LONGEST_REPLY
        while len(lines) < MOST_LINES:
            line = self._line(room)
            lines.append(line[4:].strip())
            room -= len(line)
            if room <= 0:
                break  # or the rest of the line would pass for the next reply
            known = STATUS.match(line)
            if not known or line[3:4] != b"-":
                return int(known[0]) if known else -1, b"\n".join(lines)
        self.close()
        raise Endless

    def _line(self, most: int) -> bytes:
        """Return a line, or so much of it."""
        if self.file is None:
            sock = self._wait_for_socket()
            stream = sock.makefile("rb", buffering=0)
            self.file = BufferedReader(Timely(sock, stream))
        try:
            line: bytes = self.file.readline(most)
        except OSError:
            self.close()
            raise
        if not line:
            self.close()
            raise smtplib.SMTPServerDisconnected("The connection was closed.")
        return line

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

    @contextmanager
    def _in_a_minute(self) -> Iterator[None]:
        connect, wait = TIMEOUT
        until = min(clock.seconds() + wait, self._until)
        with deadline.obeyed(Deadline(until, connect, wait)):
            yield

    def _wait_for_socket(self) -> socket:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("The connection is closed.")
        self.sock.settimeout(to_wait())
        return self.sock
