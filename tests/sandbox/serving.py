"""A sandbox on a free loopback port, for every test that needs a Microsoft."""

import re
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from portal.sandbox import create_app, listen_as_gmail
from portal.sandbox.smtp import Listener, listen
from portal.sandbox.store import Store
from tests.serving import LOOK_SECONDS

CALLBACK = "http://localhost:5000/callback"
TIMEOUT_SECONDS = 20

Doors = tuple[Listener | None, Listener | None]


class Quiet(WSGIRequestHandler):
    """Answers over HTTP/1.1 with kept connections, and writes no log."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


@dataclass
class Sandbox:
    """A running sandbox, and what a test does with it."""

    url: str
    session: requests.Session
    smtp: Listener | None = None
    gmail: Listener | None = None

    def sign_in(
        self,
        session: requests.Session | None,
        authorize_url: str,
        *,
        as_: str = "admin@contoso.example",
        answer: str = "accept",
    ) -> str:
        """Walk the pages like a person; return the address one is sent back to.

        It carries code and state, and is not followed. Takes approval addresses too.
        """
        session = session or self.session
        page = session.get(
            authorize_url, timeout=TIMEOUT_SECONDS, allow_redirects=False
        )
        if not page.is_redirect:
            page = self._press(session, page, "account", as_)
        if not page.is_redirect:
            wall = 'value="accept"' not in page.text
            page = self._press(session, page, "answer", "wall" if wall else answer)
        assert page.is_redirect, page.text
        return page.headers["Location"]

    def enter_code(
        self,
        verification_uri: str,
        user_code: str,
        *,
        as_: str = "admin@contoso.example",
        answer: str = "accept",
    ) -> str:
        """Type in a device's code and sign in for it; return the last page."""
        page = self.session.post(
            verification_uri, data={"code": user_code}, timeout=TIMEOUT_SECONDS
        )
        page = self._press(self.session, page, "account", as_)
        if 'name="answer"' in page.text:
            page = self._press(self.session, page, "answer", answer)
        return page.text

    def _press(
        self, session: requests.Session, page: requests.Response, name: str, value: str
    ) -> requests.Response:
        assert page.ok, page.text
        action = _found(r'<form action="([^"]+)" method="post"', page.text)
        visit = _found(r'name="visit" value="([^"]+)"', page.text)
        assert f'name="{name}" value="{value}"' in page.text, page.text
        return session.post(
            urljoin(page.url, unescape(action)),
            data={"visit": visit, name: value},
            headers={"Origin": urljoin(page.url, "/").rstrip("/")},
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )

    def mails(self, subject: str | None = None) -> list[dict[str, Any]]:
        """Return what was sent, newest first."""
        query = {} if subject is None else {"subject": subject}
        answer = self.session.get(
            f"{self.url}/mails.json", params=query, timeout=TIMEOUT_SECONDS
        )
        answer.raise_for_status()
        mails: list[dict[str, Any]] = answer.json()
        return mails

    def source(self, mail: Mapping[str, Any]) -> bytes:
        """Return every byte of one of these mails."""
        url = f"{self.url}/mails/{mail['id']}/source"
        answer = self.session.get(url, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        return answer.content

    def calls(self, only: str = "") -> list[dict[str, Any]]:
        """Return what Microsoft was asked since `clear`, oldest first.

        Each with method, path, bytes (of the body) and status (None: not answered);
        `only` those with these words in "METHOD path ".
        """
        answer = self.session.get(
            f"{self.url}/requests.json", params={"only": only}, timeout=TIMEOUT_SECONDS
        )
        answer.raise_for_status()
        calls: list[dict[str, Any]] = answer.json()
        return calls

    def fault(self, kind: str, times: int | None = 1, **more: Any) -> None:
        """Let the next requests go wrong; times=None until cleared."""
        self._post("/faults.json", {"kind": kind, "times": times, **more})

    def met(self) -> set[str]:
        """Name the faults that have shown themselves to a request since `clear`."""
        answer = self.session.get(f"{self.url}/met.json", timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        return {*answer.json()}

    def latency(self, seconds: float) -> None:
        """Make each answer of Graph take this long."""
        self._post("/latency.json", {"seconds": seconds})

    def clear(self) -> None:
        """Forget mails, faults and latency; consents and tokens stay."""
        for path in ("/mails.json", "/faults.json"):
            answer = self.session.delete(f"{self.url}{path}", timeout=TIMEOUT_SECONDS)
            answer.raise_for_status()

    def _post(self, path: str, body: dict[str, Any]) -> None:
        answer = self.session.post(
            f"{self.url}{path}", json=body, timeout=TIMEOUT_SECONDS
        )
        assert answer.ok, answer.text


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, text
    return match[1]


@contextmanager
def serve(
    *,
    redirect_uris: Sequence[str] = (CALLBACK, f"{CALLBACK}/google"),
    state: Path | None = None,
    certificate: bytes | None = None,
    tls: tuple[Path, Path] | None = None,
    smtp: Path | None = None,
) -> Iterator[Sandbox]:
    """Serve a sandbox in a thread until the block ends.

    `tls` is a pair of PEM files, certificate and key; without it plain HTTP is spoken.
    With `smtp`, a folder for its certificate, mail can be submitted by SMTP as well.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    url = f"https://localhost:{port}" if tls else f"http://127.0.0.1:{port}"
    app = create_app(
        state=state,
        redirect_uris=redirect_uris,
        base_url=url,
        certificate=certificate,
    )
    server = make_server(
        "127.0.0.1",
        0,
        app,
        threaded=True,
        request_handler=Quiet,
        ssl_context=_context(tls) if tls else None,
        fd=listener.fileno(),
    )
    thread = threading.Thread(target=server.serve_forever, args=(LOOK_SECONDS,))
    thread.start()
    try:
        with _session(tls) as session, _submission(app, smtp) as (mail, gmail):
            sandbox = Sandbox(url=url, session=session, smtp=mail, gmail=gmail)
            yield sandbox
            sandbox.clear()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        listener.close()
        store: Store = app.extensions["sandbox.store"]
        store.close()


@contextmanager
def _submission(app: Flask, folder: Path | None) -> Iterator[Doors]:
    if folder is None:
        yield None, None
        return
    exchange = listen(app, "127.0.0.1", 0, folder)
    gmail = listen_as_gmail(app, "127.0.0.1", 0, folder)
    try:
        yield exchange, gmail
    finally:
        exchange.stop()
        gmail.stop()


def _session(tls: tuple[Path, Path] | None) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    if tls:
        session.verify = str(tls[0])
    return session


def _context(tls: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*tls)
    return context
