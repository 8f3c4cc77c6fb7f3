"""A whole portal in processes of its own: `portal up --sandbox` on free ports."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, TypeVar

import psutil
import requests

from portal import config
from portal.workspace import house
from tests import trip
from tests.sandbox.serving import Sandbox

PATIENCE_SECONDS = 90.0
COMMAND = [sys.executable, "-m", "portal"]

Found = TypeVar("Found")


@dataclass
class Portal:
    """A running portal, and what an operator and an application do with it."""

    url: str
    sandbox: Sandbox
    environ: dict[str, str]
    process: "subprocess.Popen[bytes]"
    log: Path
    api_key: str = field(default="", repr=False)
    link: str = field(default="", repr=False)  # the connection link walked last

    def command(
        self, *words: str, stdin: bytes = b""
    ) -> "subprocess.CompletedProcess[bytes]":
        """Run `portal` to its end."""
        return subprocess.run(
            [*COMMAND, *words],
            env=self.environ,
            input=stdin,
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    def connect(self, as_: str = "admin@contoso.example", *words: str) -> str:
        """Walk a connection link to its end, like a person; return the last page."""
        waiting = subprocess.Popen(
            [*COMMAND, "connect", *words], env=self.environ, stdout=subprocess.PIPE
        )
        assert waiting.stdout
        waiting.stdout.readline()
        link = waiting.stdout.readline().decode().strip()
        self.link = link.rpartition("/")[2]
        with session() as browser:
            away = browser.get(link, allow_redirects=False)
            back = self.sandbox.sign_in(browser, away.headers["Location"], as_=as_)
            page = browser.get(back).text
        with waiting:
            assert waiting.wait(PATIENCE_SECONDS) == 0, page
        return page

    def settings(self) -> config.Config:
        """Let this process be another part of the portal; return how it is set up."""
        known = {k: v for k, v in self.environ.items() if k.startswith("PORTAL_")}
        at = {
            "PORTAL_LOGIN_URL": self.sandbox.url,
            "PORTAL_GRAPH_URL": self.sandbox.url,
        }
        settings = config.read(known | at)
        config.use(settings)
        return settings

    def connect_large(self, as_: str = "admin@contoso.example") -> None:
        """Connect somebody to send as themselves, with large file attachments.

        Opens the house in this process.
        """
        house.open_up(self.settings())
        away = trip.depart(trip.ask(as_, large=True).link)
        trip.arrive(self.sandbox.sign_in(None, away, as_=as_), admin=trip.ANN)

    def new_key(self, name: str = "app") -> None:
        self.api_key = self.command("keys", "create", name).stdout.decode().strip()

    def post(self, message: dict[str, Any], key: str = "") -> requests.Response:
        """Hand a message over at the HTTP door."""
        headers = {"Authorization": f"Bearer {self.api_key}"}
        headers |= {"Idempotency-Key": key} if key else {}
        with session() as client:
            return client.post(
                f"{self.url}/api/v1/messages", json=message, headers=headers, timeout=20
            )

    def status(self, message_id: str) -> str:
        return str(json.loads(self.show(message_id))["status"])

    def show(self, message_id: str) -> str:
        """Ask what became of a message."""
        headers = {"Authorization": f"Bearer {self.api_key}"}
        with session() as client:
            answer = client.get(
                f"{self.url}/api/v1/messages/{message_id}", headers=headers, timeout=20
            )
        return answer.text

    def kill(self, part: str) -> None:
        """End a part without a warning, as the kernel does when memory is short."""
        found = eventually(lambda: self.part(part))
        found.send_signal(signal.SIGKILL)
        psutil.wait_procs([found], timeout=PATIENCE_SECONDS)

    def part(self, name: str) -> psutil.Process | None:
        for child in psutil.Process(self.process.pid).children():
            try:
                words = child.cmdline()
            except psutil.Error:
                continue
            if words[2:4] == ["portal", name]:
                return child
        return None


def session() -> requests.Session:
    """Return a session that minds nothing of this machine's."""
    opened = requests.Session()
    opened.trust_env = False
    return opened


def eventually(look: Callable[[], Found | None]) -> Found:
    """Return the first thing that `look` finds; fail when that takes too long."""
    until, pause = monotonic() + PATIENCE_SECONDS, Event()
    while monotonic() < until:
        if found := look():
            return found
        pause.wait(0.05)
    raise AssertionError("It never came.")


@contextmanager
def running(instance: Path, **environ: str) -> Iterator[Portal]:
    """Run `portal up --sandbox` until the block ends, then see it drain."""
    web, sandbox, smtp, submission, gmail = _free_ports(5)
    url, microsoft = f"http://localhost:{web}", f"http://127.0.0.1:{sandbox}"
    wanted = {
        "PORTAL_INSTANCE": str(instance),
        "PORTAL_BASE_URL": url,
        "PORTAL_WEB_BIND": f"127.0.0.1:{web}",
        "PORTAL_SMTP_BIND": f"127.0.0.1:{smtp}",
        "PORTAL_SANDBOX_BIND": f"127.0.0.1:{sandbox}",
        "PORTAL_SANDBOX_SMTP_BIND": f"127.0.0.1:{submission}",
        "PORTAL_SANDBOX_GMAIL_BIND": f"127.0.0.1:{gmail}",
    }
    whole = os.environ | wanted | environ
    log = instance.with_suffix(".log")
    with log.open("wb") as output, session() as seen:
        process = subprocess.Popen(
            [*COMMAND, "up", "--sandbox"],
            env=whole,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            eventually(lambda: b"Sign in as" in log.read_bytes())
            yield Portal(url, Sandbox(microsoft, seen), whole, process, log)
        finally:
            process.terminate()
            ended = process.wait(PATIENCE_SECONDS)
    assert ended == 0, log.read_text()


def _free_ports(count: int) -> list[int]:
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in taken]
    for each in taken:
        each.close()
    return ports
