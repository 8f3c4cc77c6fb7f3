"""Serving a web application with gunicorn: some processes, each with many threads."""

import socket
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.config import Config as Settings  # type: ignore[import-untyped]
from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from portal.config import Bind
from portal.errors import ConfigError

THREADS = 16
DRAIN_SECONDS = 30
LONGEST_LINE = 8190  # bytes; Microsoft's codes alone may have thousands
ELSE = (
    "Another address is chosen by PORTAL_WEB_BIND and PORTAL_BASE_URL,"
    " or by PORTAL_SANDBOX_BIND."
)


class Log(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Says what goes wrong in the words and to the place of every other part."""

    def setup(self, cfg: Settings) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


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
            "worker_class": "gthread",
            "graceful_timeout": DRAIN_SECONDS,
            "limit_request_line": LONGEST_LINE,
            "control_socket_disable": True,
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
        return self.make()


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
