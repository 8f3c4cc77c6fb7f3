"""One connection at the SMTP door, as such: its place, its patience, how it ends.

The library speaks the protocol, and sees an attribute `transport` change when STARTTLS
puts another beneath it.
"""

import asyncio
import logging
from asyncio import BaseTransport
from collections import Counter, defaultdict
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import AnyStr, cast

from aiosmtpd.smtp import SMTP, TLSSetupException

from portal import config
from portal.intake.smtp import replies
from portal.intake.smtp.certificate import Certificate

BLOCK = 64 * 1024  # bytes that the reader holds before it slows the client down
LONGEST_COMMAND = 2048  # bytes; RFC 5321 wants 512, and extensions a few hundred more
FAULT = "451 4.3.0 This went wrong here; please try again later"
MAPPED = "::ffff:"  # an IPv4 address as IPv6 writes it

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much the door bears."""

    connections: int = 500
    from_one_address: int = 100
    with_one_key: int = 100
    errors: int = 100  # with no mail accepted in between
    # Seconds without a command or a block (RFC 5321 section 4.5.3.2), and until whoever
    # comes has to have signed in.
    patience: float = 300.0
    unknown: float = 300.0
    slowest: int = 2_000  # bytes of a mail a second: fewer would keep others out
    slow: float = 10.0  # seconds at most, for the answer to a wrong key


class Guests:
    """Counts who has come in, under every name that is limited."""

    def __init__(self) -> None:
        self._placed: Counter[str] = Counter()

    def place(self, name: str, most: int) -> bool:
        """Count one more under a name, unless there are so many already."""
        if self._placed[name] >= most:
            return False
        self._placed[name] += 1
        return True

    def leave(self, name: str) -> None:
        self._placed[name] -= 1
        if not self._placed[name]:
            del self._placed[name]


@dataclass(frozen=True, kw_only=True)
class Hall:
    """What all connections share."""

    name: str  # the host that we say we are
    most: int  # bytes of a message
    quick: Executor  # for what waits for the database alone
    patient: Executor  # for mail that is still coming, however slowly
    certificate: Certificate | None
    limits: Limits
    guests: Guests = field(default_factory=Guests)
    open: "set[Connection]" = field(default_factory=set)


class Connection(SMTP):
    """One connection, from its first byte to its last."""

    command_size_limit = LONGEST_COMMAND
    command_size_limits = defaultdict(lambda: LONGEST_COMMAND)
    line_length_limit = BLOCK  # the reader's, which the library names so

    def __init__(self, hall: Hall, *, encrypted: bool) -> None:
        """Begin; `encrypted`: from the first byte on, so there is no STARTTLS."""
        self.hall = hall
        self.encrypted = encrypted
        self.address = ""  # of the other side
        self.busy = False  # a mail is coming in
        self.storing = False  # all of it is here
        self._errors = 0
        self._dismissed = False
        self._places: list[str] = []
        self._unknown: asyncio.TimerHandle | None = None
        offered = None if encrypted else hall.certificate
        super().__init__(
            None,
            hostname=hall.name,
            ident="Mail Portal",
            data_size_limit=hall.most,
            enable_SMTPUTF8=True,
            tls_context=offered.context if offered else None,
            timeout=hall.limits.patience,
            loop=asyncio.get_running_loop(),
        )

    @property
    def private(self) -> bool:
        """Tell whether nobody in between can read what is said."""
        return self.encrypted or on_this_machine(self.address)

    def arrive(self, transport: BaseTransport) -> bool:
        """Take a place for who has come, if there is one."""
        self.address = (transport.get_extra_info("peername") or ("",))[0]
        limits = self.hall.limits
        here = self.take_place("", limits.connections)
        placed = here and self.take_place(self.address, limits.from_one_address)
        if not placed:
            self._give_back()
        return placed

    def leave(self) -> None:
        """Give back all places, of one who is gone."""
        self.hall.open.discard(self)
        self.trust()
        self.forget()
        self._give_back()

    def dismiss(self) -> None:
        """Have it end now, or after the mail that is coming in."""
        self._dismissed = True
        if not self.busy:
            self.end("421 4.3.2 Closing for now; please try again later")

    def end(self, reply: str) -> None:
        """Say a last word and hang up; nothing that follows is heard."""
        if self.transport and not self.transport.is_closing():
            self._writer.write(reply.encode() + b"\r\n")
            self.transport.close()
        if self._original_transport:
            # While TLS is being agreed on, nobody would tell us that this ended.
            self._original_transport.close()
        if self._handler_coroutine:
            self._handler_coroutine.cancel()
        self.leave()

    def allow(self, seconds: float) -> None:
        """Let so much time pass from now on, until the next command or block."""
        self._reset_timeout(max(seconds, 0.001))

    def take_place(self, name: str, most: int) -> bool:
        """Take one of so many places of a name, until the connection ends."""
        taken = self.hall.guests.place(name, most)
        if taken:
            self._places.append(name)
        return taken

    def give_place(self, name: str) -> None:
        """Give one back before the connection ends."""
        self._places.remove(name)
        self.hall.guests.leave(name)

    def rest(self) -> None:
        """Wait for nothing: the next word is ours."""
        if self._timeout_handle:
            self._timeout_handle.cancel()

    def trust(self) -> None:
        """Whoever is there has signed in, and need not hurry."""
        if self._unknown:
            self._unknown.cancel()

    def forget(self) -> None:
        """Forget who is there, and all they said."""

    def forgive(self) -> None:
        """A mail was accepted: errors are counted anew."""
        self._errors = 0

    # Names that the library, or asyncio, demands.

    def connection_made(self, transport: BaseTransport) -> None:
        # Who agreed on TLS first has taken one before that.
        if not (self._places or self.arrive(transport)):
            self._turn_away(cast(asyncio.Transport, transport))
        else:
            self._welcome()
            super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.leave()
        super().connection_lost(error)

    def eof_received(self) -> bool | None:
        if self.encrypted:
            return super().eof_received()
        # Whoever says no more may still listen: what was said is answered.
        return asyncio.StreamReaderProtocol.eof_received(self)

    async def push(self, status: AnyStr) -> None:
        text = status if isinstance(status, str) else status.decode()
        self._errors += text.startswith("5")
        await super().push(replies.enhanced(text))
        if self._dismissed and not self.busy:
            self.dismiss()
        elif self._errors > self.hall.limits.errors:
            self.end("421 4.7.0 Too many errors")

    async def handle_exception(self, error: Exception) -> str:
        if isinstance(error, asyncio.IncompleteReadError):
            self.end("421 4.4.2 You said no more")
        elif not isinstance(error, TLSSetupException):
            log.error("A command could not be followed.", exc_info=error)
            self._errors += 1
        if self.busy:
            # The rest of the mail would be heard as commands.
            self.end(FAULT)
        return FAULT

    def _timeout_cb(self) -> None:
        self.end("421 4.4.2 You were silent for too long")

    def _welcome(self) -> None:
        if self.transport is None:
            self._expect_sign_in()
            self.hall.open.add(self)
        else:
            # Now it is encrypted (RFC 3207 section 4.2).
            self.encrypted = True
            self.forget()
            self._expect_sign_in()

    def _expect_sign_in(self) -> None:
        self.trust()
        seconds = self.hall.limits.unknown
        self._unknown = self.loop.call_later(seconds, self._timeout_cb)

    def _turn_away(self, transport: asyncio.Transport) -> None:
        transport.set_protocol(asyncio.Protocol())
        transport.write(b"421 4.7.0 Too many connections; please try again later\r\n")
        transport.close()

    def _give_back(self) -> None:
        while self._places:
            self.hall.guests.leave(self._places.pop())


def on_this_machine(address: str) -> bool:
    """Tell whether what is sent to and from an address never leaves this machine."""
    return config.is_loopback(address.removeprefix(MAPPED))
