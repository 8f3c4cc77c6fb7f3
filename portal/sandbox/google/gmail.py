"""smtp.gmail.com on this machine: it knows tokens alone, and whose mailbox one opens.

https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
"""

import json
import ssl
from email.utils import formataddr
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, auth_mechanism
from aiosmtpd.smtp import Session as Known
from flask import Flask

from portal.sandbox import faults
from portal.sandbox.faults import Kind
from portal.sandbox.google import tokens
from portal.sandbox.google.people import MAIL
from portal.sandbox.mailbox import mails, mime
from portal.sandbox.mailbox.mails import Parcel
from portal.sandbox.seeds import Account
from portal.sandbox.smtp.listener import Listener, serve
from portal.sandbox.smtp.session import LINE
from portal.sandbox.smtp.sign_in import XOAUTH2
from portal.sandbox.smtp.submitted import DROPPED, received, unpacked

SIZE_BYTES = 35_882_577  # as it announces
MOST_RECIPIENTS = 100
CHALLENGE = json.dumps({"status": "400", "schemes": "Bearer", "scope": MAIL})
BAD_SIGN_IN = "535 5.7.8 Username and Password not accepted. sandbox - gsmtp"
NOT_SIGNED_IN = "530 5.7.0 Authentication Required. sandbox - gsmtp"
TOO_MANY = "452 4.5.3 Your message has too many recipients. sandbox - gsmtp"


def listen(app: Flask, host: str, port: int, folder: Path) -> Listener:
    """Serve Gmail's submission for a sandbox, as `smtp.listen` does Exchange's."""
    return serve(Gmail(app), Session, (host, port), folder)


class Session(SMTP):
    """One connection; AUTH is offered once it is encrypted."""

    line_length_limit = LINE

    def __init__(self, handler: "Gmail", tls: ssl.SSLContext) -> None:
        super().__init__(
            handler,
            hostname="smtp.gmail.com",
            ident="ESMTP sandbox - gsmtp",
            data_size_limit=SIZE_BYTES,
            enable_SMTPUTF8=True,
            tls_context=tls,
            auth_require_tls=True,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
        )
        self.command_size_limits["AUTH"] = LINE


class Gmail:
    """What is said to each command."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    @auth_mechanism("XOAUTH2")
    async def auth_xoauth2(self, server: SMTP, args: list[str]) -> AuthResult:
        """Take a token; who has a bad one is told so before it is over."""
        given = unpacked(args[1].encode()) if len(args) > 1 else None
        said = given or await server.challenge_auth("")
        with self.app.app_context():
            fault = faults.take(Kind.SMTP_REPLY, request="AUTH")
            who = _signed_in(said if isinstance(said, bytes) else b"")
        if who and not fault:
            return AuthResult(success=True, auth_data=who)
        await server.challenge_auth(CHALLENGE)
        refused = str(fault.more["reply"]) if fault else BAD_SIGN_IN
        return AuthResult(success=False, handled=False, message=refused)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: Known,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Let a message begin."""
        if not isinstance(session.auth_data, Account):
            return NOT_SIGNED_IN
        if refused := self._fault(f"MAIL {address}"):
            return refused
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK sandbox - gsmtp"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: Known,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Take a recipient."""
        if refused := self._fault(f"RCPT {address}"):
            return refused
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return TOO_MANY
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK sandbox - gsmtp"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Known, envelope: Envelope
    ) -> str:
        """Take a message."""
        if not isinstance(session.auth_data, Account):
            return NOT_SIGNED_IN
        if refused := self._fault("DATA"):
            return refused
        with self.app.app_context():
            mails.record(_parcel(session.auth_data, envelope))
        return "250 2.0.0 OK  1764400000 sandbox - gsmtp"

    def _fault(self, request: str) -> str:
        with self.app.app_context():
            fault = faults.take(Kind.SMTP_REPLY, request=request)
        return str(fault.more["reply"]) if fault else ""


def _signed_in(said: bytes) -> Account | None:
    """Let a token in for its own person's mailbox, and for nobody else's."""
    match = XOAUTH2.fullmatch(said)
    if match is None:
        return None
    who = tokens.opens(match[2].decode("ascii", "replace"))
    named = match[1].decode("utf-8", "replace").lower()
    return who if who and who.address == named else None


def _parcel(who: Account, envelope: Envelope) -> Parcel:
    """Return what leaves: Gmail puts its user into From, unless it is an alias."""
    source = bytes(envelope.original_content or b"")
    headers = mime.texts(source)
    written = mime.recipients(headers.get("from", ()))
    shown = written[0].address if written else ""
    known = who.answers_to(shown)
    dropped = DROPPED if known else (*DROPPED, "From")
    added = () if known else (f"From: {formataddr((who.name, who.address))}",)
    to, cc, bcc = received(headers, envelope.rcpt_tos)
    return Parcel(
        mailbox=who,
        sender=who,
        from_address=shown if known else who.address,
        to=to,
        cc=cc,
        bcc=bcc,
        subject=headers.get("subject", [""])[0],
        message_id=headers.get("message-id", [""])[0]
        or mime.new_message_id(who.tenant.domain),
        source=mime.rewrite(source, dropped, added),
        call="SMTP submission (Gmail)",
    )
