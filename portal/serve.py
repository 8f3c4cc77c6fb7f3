"""Serving a web application with gunicorn: some processes, each with many threads."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from portal.config import Bind

THREADS = 16
DRAIN_SECONDS = 30


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Runs what `make` returns until SIGTERM, then lets running requests end.

    `make` is called in each process of its own, after the fork.
    """

    def __init__(self, make: Callable[[], Flask], bind: Bind, processes: int) -> None:
        self.make = make
        self.settings: dict[str, Any] = {
            "bind": str(bind),
            "workers": processes,
            "threads": THREADS,
            "worker_class": "gthread",
            "graceful_timeout": DRAIN_SECONDS,
            "control_socket_disable": True,
            "loglevel": "warning",
            "accesslog": None,  # addresses of callbacks hold codes
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self.make()
