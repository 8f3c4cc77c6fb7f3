"""Parts of the portal as processes of their own, on free ports of this machine."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

COMMAND = [sys.executable, "-m", "portal"]
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Started:
    """A running command, where it is reached, and what it says."""

    process: "subprocess.Popen[bytes]"
    environ: dict[str, str]
    port: int
    log: Path

    def said(self) -> str:
        return self.log.read_text()

    def command(self, *words: str) -> str:
        """Run another command beside it; return what it prints."""
        ran = subprocess.run(
            [*COMMAND, *words], env=self.environ, stdout=subprocess.PIPE, check=True
        )
        return ran.stdout.decode().strip()

    def family(self) -> list[psutil.Process]:
        """List the process and all that it has started."""
        here = psutil.Process(self.process.pid)
        return [here, *here.children(recursive=True)]

    def part(self, name: str) -> psutil.Process | None:
        """Find a part that this process started itself."""
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.Error):  # it may end while we look at it
                if child.cmdline()[2:4] == ["portal", name]:
                    return child
        return None


def environ(instance: Path) -> dict[str, str]:
    """Name an instance and free ports to a portal that is to be started."""
    web, sandbox, smtp, submission, gmail = (free_port() for _ in range(5))
    return os.environ | {
        "PORTAL_INSTANCE": str(instance),
        "PORTAL_BASE_URL": f"http://localhost:{web}",
        "PORTAL_WEB_BIND": f"127.0.0.1:{web}",
        "PORTAL_SANDBOX_BIND": f"127.0.0.1:{sandbox}",
        "PORTAL_SMTP_BIND": f"127.0.0.1:{smtp}",
        "PORTAL_SANDBOX_SMTP_BIND": f"127.0.0.1:{submission}",
        "PORTAL_SANDBOX_GMAIL_BIND": f"127.0.0.1:{gmail}",
    }


@contextmanager
def started(environ: dict[str, str], *words: str) -> Iterator[Started]:
    """Start a command; at the end leave no process of it."""
    instance = Path(environ["PORTAL_INSTANCE"])
    log = instance.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*COMMAND, *words],
            env=environ,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # what a terminal's Ctrl-C reaches
        )
    port = int(environ["PORTAL_WEB_BIND"].rpartition(":")[2])
    running = Started(process, environ, port, log)
    try:
        yield running
    finally:
        for each in running.family() if process.poll() is None else []:
            each.kill()
        process.wait(PATIENCE_SECONDS)


def left(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Wait for processes to end; return those that do not."""
    return psutil.wait_procs(processes, timeout=PATIENCE_SECONDS)[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
