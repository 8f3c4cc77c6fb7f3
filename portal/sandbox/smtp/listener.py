"""Where it listens: one thread beside the web server, with the same memory."""

import logging
import socket
import ssl
from asyncio import AbstractServer
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from flask import Flask

from portal.sandbox.smtp.authority import certified
from portal.sandbox.smtp.session import Session, Submission

# It tells every command otherwise, with the addresses in it.
logging.getLogger("mail").setLevel(logging.ERROR)


Held = Callable[[Any, ssl.SSLContext], SMTP]


class Listener(Controller):
    """Serves from `start` to `stop`."""

    def __init__(
        self, handler: Any, session: Held, at: socket.socket, folder: Path
    ) -> None:
        self.authority, server = certified(folder)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self.tls.load_cert_chain(server)
        host, port = at.getsockname()[:2]
        self.at, self.session = at, session
        super().__init__(handler, hostname=host, port=port)

    def factory(self) -> SMTP:
        return self.session(self.handler, self.tls)

    def _create_server(self) -> Awaitable[AbstractServer]:
        # On the socket that was bound before, so that the port is ours for sure.
        return self.loop.create_server(self._factory_invoker, sock=self.at)


def listen(app: Flask, host: str, port: int, folder: Path) -> Listener:
    """Serve submission for a sandbox until `stop`; its certificate lies in `folder`.

    With port 0 any free one is taken.
    """
    return serve(Submission(app), Session, (host, port), folder)


def serve(
    handler: Any, session: Held, place: tuple[str, int], folder: Path
) -> Listener:
    """Hold a session of this kind with each client, until `stop`."""
    family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
    at = socket.create_server(place, family=family)
    listener = Listener(handler, session, at, folder)
    listener.start()
    return listener
