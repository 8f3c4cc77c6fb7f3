"""An application on a port of this machine, for a browser to reach."""

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

LOOK_SECONDS = 0.005  # until a server sees that it shall end


class Silent(WSGIRequestHandler):
    """Serves without telling."""

    def log(self, type: str, message: str, *args: object) -> None:
        """Named by werkzeug."""


def listen() -> socket.socket:
    """Take a free port of this machine, before anybody else does."""
    return socket.create_server(("127.0.0.1", 0))


@contextmanager
def served(app: Flask, listener: socket.socket | None = None) -> Iterator[str]:
    """Serve until the block ends, where somebody listens; gives the address."""
    with listener or listen() as listening:
        port = listening.getsockname()[1]
        server = make_server(
            "127.0.0.1",
            port,
            whole(app),
            threaded=True,
            request_handler=Silent,
            fd=listening.fileno(),
        )
        thread = Thread(target=server.serve_forever, args=(LOOK_SECONDS,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def whole(app: Flask) -> Any:
    """Close the file behind an answer before it is sent.

    Werkzeug's server leaves it open if the browser breaks the connection, as one does
    whose window closes while its icon is loading.
    """

    def answer(environ: Any, start: Any) -> Iterable[bytes]:
        body = app(environ, start)
        try:
            return [b"".join(body)]
        finally:
            body.close()  # type: ignore[attr-defined]

    return answer
