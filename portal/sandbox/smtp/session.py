"""A session with a client, as Exchange Online holds it: strict about who submits."""

import asyncio
import ssl
import time
from collections import Counter, defaultdict, deque
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, auth_mechanism
from aiosmtpd.smtp import Session as Known
from flask import Flask

from portal.sandbox import faults
from portal.sandbox.faults import Kind
from portal.sandbox.graph.limits import MAILBOX_BYTES
from portal.sandbox.smtp import sign_in, submitted
from portal.sandbox.smtp.sign_in import NotSignedIn, Submitter

LINE = 64 * 1024  # bytes; a token is long, and so are some lines of mail
CONNECTIONS = 3
MESSAGES, SECONDS = 30, 60
NOT_SIGNED_IN = (
    "530 5.7.57 Client not authenticated to send mail. [SANDBOX.contoso.example]"
)
TOO_MANY = "432 4.3.2 Concurrent connections limit exceeded."
TOO_FAST = (
    "421 4.4.2 Message submission rate for this client has exceeded the configured"
    " limit"
)


class Session(SMTP):
    """One connection; AUTH is offered once it is encrypted."""

    line_length_limit = LINE

    def __init__(self, handler: "Submission", tls: ssl.SSLContext) -> None:
        super().__init__(
            handler,
            hostname="SANDBOX.outlook.office365.com",
            ident="Microsoft ESMTP MAIL Service ready",
            data_size_limit=MAILBOX_BYTES,
            enable_SMTPUTF8=True,
            tls_context=tls,
            auth_require_tls=True,
            auth_exclude_mechanism=["PLAIN"],
        )
        self.command_size_limits["AUTH"] = LINE

    def connection_lost(self, error: Exception | None) -> None:
        if isinstance(self.event_handler, Submission):
            self.event_handler.left(self.session)
        super().connection_lost(error)


class Submission:
    """What is said to each command; counts what each mailbox does."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.connected: Counter[str] = Counter()  # by address
        self.sent: defaultdict[str, deque[float]] = defaultdict(deque)

    @auth_mechanism("LOGIN")
    async def auth_login(self, server: SMTP, args: list[str]) -> AuthResult:
        """Ask for a password, and for the name that may be in the first line."""
        given = submitted.unpacked(args[1].encode()) if len(args) > 1 else None
        name = _bytes(given or await server.challenge_auth("Username:"))
        password = _bytes(await server.challenge_auth("Password:"))
        with self.app.app_context():
            return self._signed_in(server, lambda: sign_in.by_password(name, password))

    @auth_mechanism("XOAUTH2")
    async def auth_xoauth2(self, server: SMTP, args: list[str]) -> AuthResult:
        """Take a token, in the first line or the next."""
        given = submitted.unpacked(args[1].encode()) if len(args) > 1 else None
        token = _bytes(given or await server.challenge_auth(""))
        with self.app.app_context():
            return self._signed_in(server, lambda: sign_in.by_token(token))

    def _signed_in(self, server: SMTP, check: Any) -> AuthResult:
        try:
            if fault := faults.take(Kind.SMTP_REPLY, request="AUTH"):
                raise NotSignedIn(_reply(fault))
            submitter = check()
        except NotSignedIn as error:
            return AuthResult(success=False, handled=False, message=str(error))
        self.connected[submitter.mailbox.address] += 1
        return AuthResult(success=True, auth_data=submitter)

    def left(self, session: Known | None) -> None:
        """A connection has ended."""
        if session and isinstance(session.auth_data, Submitter):
            self.connected[session.auth_data.mailbox.address] -= 1

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: Known,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Let a message begin."""
        with self.app.app_context():
            refused = self._refused(session, f"MAIL {address}")
        if refused:
            return refused
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Sender OK"

    def _refused(self, session: Known, request: str) -> str:
        submitter = session.auth_data
        if not isinstance(submitter, Submitter):
            return NOT_SIGNED_IN
        if fault := faults.take(Kind.SMTP_REPLY, request=request):
            return _reply(fault)
        if not faults.switched(Kind.SMTP_LIMITS):
            return ""
        limited = self._limited(submitter.mailbox.address)
        if limited:
            faults.note(Kind.SMTP_LIMITS)
        return limited

    def _limited(self, address: str) -> str:
        if self.connected[address] > CONNECTIONS:
            return TOO_MANY
        lately, now = self.sent[address], time.monotonic()
        while lately and lately[0] <= now - SECONDS:
            lately.popleft()
        if len(lately) >= MESSAGES:
            return TOO_FAST
        lately.append(now)
        return ""

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: Known,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Take a recipient."""
        with self.app.app_context():
            fault = faults.take(Kind.SMTP_REPLY, request=f"RCPT {address}")
        if fault:
            return _reply(fault)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Known, envelope: Envelope
    ) -> str:
        """Take a message, or lose it."""
        submitter = session.auth_data
        if not isinstance(submitter, Submitter):
            return NOT_SIGNED_IN
        with self.app.app_context():
            if faults.take(Kind.SMTP_DROPPED):
                await _hang_up(server)
            if fault := faults.take(Kind.SMTP_REPLY, request="DATA"):
                return _reply(fault)
            reply = submitted.take(submitter, envelope)
            if faults.take(Kind.SMTP_DROPPED_ACCEPTED):
                await _hang_up(server)
        return reply


def _bytes(said: object) -> bytes:
    return said if isinstance(said, bytes) else b""


def _reply(fault: faults.Fault) -> str:
    return str(fault.more.get("reply", "451 4.3.0 Temporary server error."))


async def _hang_up(server: SMTP) -> None:
    """Break the connection; who waits for an answer is cancelled with it."""
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()
    await asyncio.Event().wait()
