"""Serving a web application with gunicorn: some processes, each with many threads."""

import socket
import sys
from collections.abc import Callable
from io import RawIOBase
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.config import Config as Settings  # type: ignore[import-untyped]
from gunicorn.glogging import Logger  # type: ignore[import-untyped]
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]

from portal.config import Bind
from portal.errors import ConfigError
from portal.serve import patience

THREADS = 16
DRAIN_SECONDS = 30
# Whoever writes on a connection that is being closed cannot know whether it was heard,
# so it is the client that closes one first: ours after 20, balancers after 60 or so.
REST_SECONDS = 75
LONGEST_LINE = 8190  # bytes; Microsoft's codes alone may have thousands
ELSE = (
    "Another address is chosen by PORTAL_WEB_BIND and PORTAL_BASE_URL,"
    " by PORTAL_SMTP_BIND, or by PORTAL_SANDBOX_BIND."
)


class Log(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Says what goes wrong in the words and to the place of every other part."""

    def setup(self, cfg: Settings) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True

    def exception(self, msg: object, *_: object, **more: Any) -> None:
        """Say what broke, but not at which address: it may hold a code.

        A client that reads no answer breaks nothing.
        """
        if isinstance(sys.exception(), BlockingIOError):
            return
        super().exception(str(msg).replace("%s", "").strip(), **more)


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Runs what `make` returns until SIGTERM, then lets running requests end.

    `make` is called in each process of its own, after the fork.
    """

    def __init__(self, make: Callable[[], Flask], bind: Bind, processes: int) -> None:
        self.make = make
        self.bind = bind
        self.settings: dict[str, Any] = {
            "bind": str(bind),
            "workers": processes,
            "threads": THREADS,
            "worker_class": patience.Worker,
            "worker_connections": patience.CONNECTIONS,
            "graceful_timeout": DRAIN_SECONDS,
            "keepalive": REST_SECONDS,
            "limit_request_line": LONGEST_LINE,
            "sendfile": False,  # it would wait for ever for whoever reads nothing
            "control_socket_disable": True,
            "forwarder_headers": "",  # nobody outside says where we are mounted
            # Addresses of callbacks hold codes: none is logged, not even a bad one.
            "accesslog": None,
            "loglevel": "error",
            "logger_class": Log,
        }
        super().__init__()

    def run(self) -> None:
        check_free(self.bind)
        super().run()

    def load_config(self) -> None:
        for name, value in self.settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        made = self.make()
        serve = made.wsgi_app

        def wsgi_app(environ: Any, start_response: Any) -> Any:
            environ["wsgi.input"] = Body(environ["wsgi.input"])
            return serve(environ, start_response)

        made.wsgi_app = wsgi_app  # type: ignore[method-assign]  # as Flask's docs do
        return made


class Body(RawIOBase):
    """What a request brings; when it is garbled, it ends as if the client had gone."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            piece = self._source.read(len(buffer))
        except ParseException:
            # Its words quote the body, and a log would keep them.
            raise OSError("The body is garbled.") from None
        buffer[: len(piece)] = piece
        return len(piece)


def check_free(bind: Bind) -> None:
    """Raise ConfigError if we cannot listen at an address, in words for an operator."""
    try:
        found = socket.getaddrinfo(*bind, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            # What a server that just ended leaves behind does not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise ConfigError(
            f"Cannot listen at {bind}: {error.strerror}. {ELSE}"
        ) from error


def listened_to(bind: Bind) -> bool:
    """Tell whether somebody listens at an address."""
    try:
        socket.create_connection(bind, timeout=1).close()
    except OSError:
        return False
    return True
