"""What is said at the SMTP door: who it is, whom a mail is for, and the mail itself.

Beyond the library there are keys of ours, a sender that is nobody (RFC 5321 section
4.5.5), replies with their codes, and mail in blocks. A mail is accepted when 250 is
said: its commit comes before.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import format_datetime
from functools import partial

from aiosmtpd.smtp import syntax

from portal import clock
from portal.accept import Receipt
from portal.errors import CannotDecrypt, DatabaseAway, NotAuthorized, PortalError
from portal.intake import desk, knocks
from portal.intake.cover import Cover
from portal.intake.smtp import commands, replies, sign_in
from portal.intake.smtp.coming import Coming
from portal.intake.smtp.commands import Wrong
from portal.intake.smtp.connection import Connection, Hall
from portal.intake.smtp.data import Data, Vanished
from portal.mail.message.problems import MOST_RECIPIENTS
from portal.workspace.people.keys import Key

AT_ONCE = 256 * 1024  # bytes of a mail that are collected before a thread takes it
MOST_WRONG_KEYS = 3

FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")  # RFC 5322 section 2.2, and before

EXTENSIONS = ("8BITMIME", "SMTPUTF8", "PIPELINING", "ENHANCEDSTATUSCODES")


@dataclass(kw_only=True)
class Transaction:
    """What MAIL and RCPT have said of the mail that comes (RFC 5321 section 3.3)."""

    return_path: str  # "": nobody is to be told what becomes of it
    utf8: bool  # addresses beyond ASCII are expected
    recipients: list[str] = field(default_factory=list)


class Conversation(Connection):
    """Follows one command after another."""

    def __init__(self, hall: Hall, *, encrypted: bool) -> None:
        self._greeted = False
        self._extended = False  # by EHLO
        self._key: Key | None = None
        self._wrong_keys = 0
        self._mail: Transaction | None = None
        super().__init__(hall, encrypted=encrypted)

    def forget(self) -> None:
        if self._key:
            self.give_place(f"key {self._key.id}")
        self._greeted = self._extended = False
        self._key = self._mail = None

    @syntax("HELO hostname")
    async def smtp_HELO(self, hostname: str) -> None:
        await self._greet(hostname, [self.hostname], extended=False)

    @syntax("EHLO hostname")
    async def smtp_EHLO(self, hostname: str) -> None:
        offers = [self.hostname, f"SIZE {self.hall.most}", *EXTENSIONS]
        if self.tls_context and not self.encrypted:
            offers.append("STARTTLS")
        if self.private:
            offers.append(f"AUTH {' '.join(sign_in.MECHANISMS)}")
        await self._greet(hostname, offers, extended=True)

    @syntax("STARTTLS")
    async def smtp_STARTTLS(self, arg: str) -> None:
        if self.encrypted:
            # The library would agree on TLS within TLS.
            await self.push("503 5.5.1 This is encrypted already")
        else:
            await super().smtp_STARTTLS(arg)

    @syntax("AUTH <mechanism>")
    async def smtp_AUTH(self, arg: str | None) -> None:
        try:
            self._check_auth()
            secret = await sign_in.secret(arg, self._ask)
            reply = await self._let_in(secret)
        except Wrong as error:
            reply = str(error)
        await self.push(reply)
        if self._wrong_keys >= MOST_WRONG_KEYS:
            self.end("421 4.7.0 Too many wrong keys")

    @syntax("MAIL FROM:<address> [SP <mail-parameters>]")
    async def smtp_MAIL(self, arg: str | None) -> None:
        await self.push(_reply(self._begin, arg))

    @syntax("RCPT TO:<address>")
    async def smtp_RCPT(self, arg: str | None) -> None:
        await self.push(_reply(self._add_recipient, arg))

    @syntax("VRFY <address>")
    async def smtp_VRFY(self, arg: str | None) -> None:
        await self.push("252 2.5.0 Only a mail tells whether it can be sent")

    @syntax("RSET")
    async def smtp_RSET(self, arg: str | None) -> None:
        self._mail = None
        await self.push("250 2.0.0 OK")

    @syntax("DATA")
    async def smtp_DATA(self, arg: str | None) -> None:
        try:
            key, mail = self._complete(arg)
        except Wrong as error:
            return await self.push(str(error))
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        self.busy = True
        reply = await self._receive(key, mail)
        self.busy = self.storing = False
        self._mail = None
        self.allow(self.hall.limits.patience)
        return await self.push(reply)

    async def _greet(self, name: str, offers: list[str], *, extended: bool) -> None:
        if not name:
            return await self.push("501 5.5.4 Please say which host you are")
        self._greeted, self._extended, self._mail = True, extended, None
        *more, last = offers
        # Alone among all replies this has no enhanced code (RFC 2034 section 4).
        lines = [*(f"250-{offer}" for offer in more), f"250 {last}"]
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode())
        return await self._writer.drain()

    def _check_auth(self) -> None:
        if not self._extended:
            raise Wrong("503 5.5.1 Please say EHLO first")
        if not self.private:
            raise Wrong("538 5.7.11 A key is only taken encrypted: STARTTLS first")
        if self._key or self._mail:
            raise Wrong("503 5.5.1 Not now")

    async def _ask(self, challenge: bytes) -> bytes:
        await self.push(b"334 " + challenge)
        try:
            return (await self._reader.readuntil()).rstrip(b"\r\n")
        except asyncio.LimitOverrunError:
            self.end("421 4.7.0 That is longer than any key")
            raise Wrong("500 5.5.6 That is longer than any key") from None

    async def _let_in(self, secret: str) -> str:
        try:
            check = partial(sign_in.check, secret)
            key = await self.loop.run_in_executor(self.hall.quick, check)
        except NotAuthorized:
            self._wrong_keys += 1
            slow = self.hall.limits.slow
            await asyncio.sleep(min(knocks.refused(self.address), slow))
            return "535 5.7.8 There is no such API key"
        except (CannotDecrypt, DatabaseAway) as error:
            return f"454 4.7.0 {error}"
        if not self.take_place(f"key {key.id}", self.hall.limits.with_one_key):
            return "454 4.7.0 Too many connections with this key"
        self._key = key
        self.trust()
        return "235 2.7.0 Welcome"

    def _known(self) -> Key:
        if not self._greeted:
            raise Wrong("503 5.5.1 Please say EHLO first")
        if self._key is None:
            raise Wrong("530 5.7.0 Please sign in first, with an API key as password")
        return self._key

    def _begin(self, argument: str | None) -> str:
        self._known()
        if self._mail:
            raise Wrong("503 5.5.1 Another mail has begun")
        path = commands.path("MAIL", "FROM", argument)
        utf8 = commands.beyond_ascii(path.parameters, self.hall.most)
        known = path.address and commands.mailbox(path.address, utf8=utf8)
        self._mail = Transaction(return_path=known, utf8=utf8)
        return "250 2.1.0 OK"

    def _add_recipient(self, argument: str | None) -> str:
        self._known()
        if self._mail is None:
            raise Wrong("503 5.5.1 MAIL comes first")
        path = commands.path("RCPT", "TO", argument)
        if path.parameters:
            raise Wrong(f"555 5.5.4 Not known here: {', '.join(path.parameters)}")
        address = commands.mailbox(path.address, utf8=self._mail.utf8)
        if len(self._mail.recipients) == MOST_RECIPIENTS:
            raise Wrong(f"452 4.5.3 {MOST_RECIPIENTS} recipients; the rest by another")
        self._mail.recipients.append(address)
        return "250 2.1.5 OK"

    def _complete(self, argument: str | None) -> tuple[Key, Transaction]:
        key = self._known()
        if argument:
            raise Wrong("501 5.5.4 Syntax: DATA")
        if self._mail is None or not self._mail.recipients:
            raise Wrong("503 5.5.1 RCPT comes first")
        return key, self._mail

    async def _receive(self, key: Key, mail: Transaction) -> str:
        """Take a mail in, and read it to its end even if it is refused."""
        coming = Coming(self, Data(self._reader))
        try:
            receipt = await self._stored(coming, key, mail)
        except Vanished:
            self.end("421 4.4.2 The mail did not end")
            raise asyncio.CancelledError from None
        except PortalError as error:
            await coming.discard()
            return replies.refusal(error)
        self.forgive()
        return f"250 2.0.0 queued as {receipt.id}"

    async def _stored(self, coming: Coming, key: Key, mail: Transaction) -> Receipt:
        """Have a mail accepted, in a thread; a small one is waited for before."""
        begun = bytearray()
        while len(begun) < AT_ONCE and (block := await coming.block()):
            begun += block
        traced = _traced(bytes(begun), self._trace(mail))
        take = partial(
            desk.take,
            coming.pieces(traced),
            desk.caller(key.name, None, key.id),
            cover=Cover(
                recipients=mail.recipients,
                return_path=mail.return_path,
                ours=len(traced) - len(begun),
            ),
        )
        pool = self.hall.quick if coming.complete else self.hall.patient
        return await self.loop.run_in_executor(pool, take)

    def _trace(self, mail: Transaction) -> bytes:
        """Return the line that RFC 5321 section 4.4 asks of every server.

        It keeps to itself where the mail came from: its readers need not know.
        """
        name = "UTF8SMTP" if mail.utf8 else "ESMTP"
        protocol = f"{name}SA" if self.encrypted else f"{name}A"
        at = format_datetime(clock.now())
        line = f"Received: by {self.hostname} (Mail Portal) with {protocol}; {at}\r\n"
        return line.encode()


def _reply(follow: Callable[[str | None], str], argument: str | None) -> str:
    """Follow a command; return the reply."""
    try:
        return follow(argument)
    except Wrong as error:
        return str(error)


def _traced(begun: bytes, trace: bytes) -> bytes:
    """Put our line first, but behind the one that a mailbox file begins with.

    What does not begin with a header gets none, or it would become a part of ours.
    """
    at = begun.find(b"\r\n") + 2 if begun.startswith(b"From ") else 0
    return begun[:at] + trace + begun[at:] if FIELD.match(begun, at) else begun
