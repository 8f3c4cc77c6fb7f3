"""Where it listens: one thread beside the web server, with the same memory."""

import logging
import socket
import ssl
from asyncio import AbstractServer
from collections.abc import Awaitable
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from flask import Flask

from portal.sandbox.smtp.authority import certified
from portal.sandbox.smtp.session import Session, Submission

# It tells every command otherwise, with the addresses in it.
logging.getLogger("mail").setLevel(logging.ERROR)


class Listener(Controller):
    """Serves from `start` to `stop`."""

    def __init__(self, app: Flask, at: socket.socket, folder: Path) -> None:
        self.authority, server = certified(folder)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self.tls.load_cert_chain(server)
        host, port = at.getsockname()[:2]
        self.at = at
        super().__init__(Submission(app), hostname=host, port=port)

    def factory(self) -> SMTP:
        return Session(self.handler, self.tls)

    def _create_server(self) -> Awaitable[AbstractServer]:
        # On the socket that was bound before, so that the port is ours for sure.
        return self.loop.create_server(self._factory_invoker, sock=self.at)


def listen(app: Flask, host: str, port: int, folder: Path) -> Listener:
    """Serve submission for a sandbox until `stop`; its certificate lies in `folder`.

    With port 0 any free one is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    at = socket.create_server((host, port), family=family)
    listener = Listener(app, at, folder)
    listener.start()
    return listener
