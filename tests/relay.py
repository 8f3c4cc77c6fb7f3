"""A Microsoft that says something else: relays to a sandbox, and edits what it says.

While it relays, something else may happen: what was asked is answered after it.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.sandbox.serving import TIMEOUT_SECONDS, Sandbox
from tests.serving import LOOK_SECONDS

Answer = dict[str, Any]
RELAYED = ("Content-Type", "Authorization")


@dataclass
class Relay:
    """Where it listens, what it changes, and what came by."""

    url: str = ""
    edit: Callable[[Answer], Answer] = lambda answer: answer
    instead: dict[str, tuple[int, bytes]] = field(default_factory=dict)  # by path's end
    once: dict[str, tuple[int, bytes]] = field(default_factory=dict)  # one time
    meanwhile: dict[str, Callable[[], None]] = field(default_factory=dict)  # the same
    paths: list[str] = field(default_factory=list)


def _nothing() -> None:
    """Happen."""


@contextmanager
def relay(sandbox: Sandbox) -> Iterator[Relay]:
    """Stand before a sandbox until the block ends."""
    between = Relay()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(sandbox, between))
    between.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(LOOK_SECONDS,))
    thread.start()
    try:
        yield between
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(sandbox: Sandbox, between: Relay) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def answer(self) -> None:
            between.paths.append(self.path)
            length = int(self.headers.get("Content-Length", 0))
            answered = sandbox.session.request(
                self.command,
                f"{sandbox.url}{self.path}",
                data=self.rfile.read(length),
                headers={name: self.headers.get(name, "") for name in RELAYED},
                timeout=TIMEOUT_SECONDS,
            )
            end = self.path.partition("?")[0].rpartition("/")[2]
            between.meanwhile.pop(end, _nothing)()
            status, body = answered.status_code, answered.content
            if self.path.endswith("/token") and answered.ok:
                body = json.dumps(between.edit(answered.json())).encode()
            status, body = between.instead.get(end, (status, body))
            status, body = between.once.pop(end, (status, body))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler
