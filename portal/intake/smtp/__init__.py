"""The SMTP door: for applications that know a mail server and nothing else."""

import asyncio
from asyncio import BaseTransport, Future, Protocol, Transport
from asyncio.sslproto import SSLProtocol
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ssl import SSLContext
from typing import cast
from urllib.parse import urlsplit

from portal.config import Bind, Config
from portal.errors import ConfigError
from portal.intake.smtp.certificate import Certificate
from portal.intake.smtp.connection import Hall, Limits
from portal.intake.smtp.conversation import Conversation

THREADS = 16
DRAIN_SECONDS = 30.0  # for mail that is coming in
LAST_WORD_SECONDS = 5.0
LOOK_SECONDS = 0.05
HANDSHAKE_SECONDS = 10  # for TLS from the first byte on
BACKLOG = 200  # connections that wait to be let in


class Server:
    """Listens until it is told to stop; then mail that is coming in may still come."""

    def __init__(self, settings: Config, limits: Limits | None = None) -> None:
        """Read the certificate; raise ConfigError if it is none."""
        given, limits = settings.smtp_certificate, limits or Limits()
        self._settings = settings
        self._hall = Hall(
            name=urlsplit(settings.base_url).hostname or "localhost",
            most=settings.max_message,
            quick=ThreadPoolExecutor(THREADS, "smtp-quick"),
            patient=ThreadPoolExecutor(limits.connections, "smtp-patient"),
            certificate=Certificate(given, settings.instance) if given else None,
            limits=limits,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Let mail in until `stop` is set, then end in order."""
        listening = [await self._listen(self._settings.smtp_bind, self.meet)]
        if (bind := self._settings.smtps_bind) and (known := self._hall.certificate):
            agree = partial(self._agree, known)
            listening.append(await self._listen(bind, agree))
        await stop.wait()
        for each in listening:
            each.close()
        await self._drain()

    def meet(self) -> Conversation:
        """Make one who speaks to whoever comes in, before anything is encrypted."""
        if self._hall.certificate:
            self._hall.certificate.renew()
        return Conversation(self._hall, encrypted=False)

    async def _listen(self, bind: Bind, meet: Callable[[], Protocol]) -> asyncio.Server:
        try:
            return await asyncio.get_running_loop().create_server(
                meet, bind.host, bind.port, backlog=BACKLOG
            )
        except OSError as error:
            raise ConfigError(
                f"The SMTP door cannot listen at {bind} ({error.strerror}). Another"
                " address is chosen by PORTAL_SMTP_BIND or PORTAL_SMTPS_BIND."
            ) from error

    def _agree(self, certificate: Certificate) -> Protocol:
        certificate.renew()
        guest = Conversation(self._hall, encrypted=True)
        return Handshake(guest, certificate.context)

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        for each in [*self._hall.open]:
            each.dismiss()
        await self._empty(DRAIN_SECONDS)
        for each in [*self._hall.open]:
            if not each.storing:
                each.end("421 4.3.2 Closing; this mail was not accepted")
        # What is being stored is stored before the loop ends, and answered.
        for pool in (self._hall.quick, self._hall.patient):
            await loop.run_in_executor(None, pool.shutdown)
        await self._empty(LAST_WORD_SECONDS)

    async def _empty(self, seconds: float) -> None:
        """Wait so long for everybody to leave."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while self._hall.open and loop.time() < until:
            await asyncio.sleep(LOOK_SECONDS)


class Handshake(Protocol):
    """Agrees on TLS with a guest, who takes the same place as when that is done.

    The loop would do so by itself, and tell nobody who keeps it waiting.
    """

    def __init__(self, guest: Conversation, context: SSLContext) -> None:
        self._guest = guest
        self._context = context

    def connection_made(self, transport: BaseTransport) -> None:
        if not self._guest.arrive(transport):
            # A reply would be heard as a part of the handshake.
            return transport.close()
        agreed: Future[None] = self._guest.loop.create_future()
        agreed.add_done_callback(self._ended)
        protocol = SSLProtocol(
            self._guest.loop,
            self._guest,
            self._context,
            agreed,
            server_side=True,
            ssl_handshake_timeout=HANDSHAKE_SECONDS,
        )
        cast(Transport, transport).set_protocol(protocol)
        return protocol.connection_made(transport)

    def _ended(self, agreed: "Future[None]") -> None:
        if agreed.exception() or not self._guest.transport:
            self._guest.leave()
