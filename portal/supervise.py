"""`portal up`: every part on one machine; a part that dies is started again.

Parts are processes. Each holds the reading end of a pipe as its standard input: when
the supervisor dies, however it dies, the pipe closes and the parts drain and end.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from portal import clock, net
from portal.errors import WRONG_USE

FIRST_REST = 0.5  # seconds before a part that died is started again
LONGEST_REST = 15.0
STEADY_SECONDS = 30.0  # a part that ran so long counts as well again
LOOK_SECONDS = 0.2
DRAIN_SECONDS = net.LONGEST_UPLOAD_SECONDS + 10  # what is on its way may arrive

log = logging.getLogger(__name__)


@dataclass
class Part:
    """One process that is to run, and how it has done so far."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]  # beside our own
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    start_at: float = 0.0
    rest: float = field(default=FIRST_REST)

    def look_after(self) -> None:
        """Start it if it does not run and has rested."""
        now = clock.seconds()
        if self.process is None:
            if now >= self.start_at:
                self.try_to_start()
        elif (code := self.process.poll()) is not None:
            steady = now - self.started_at >= STEADY_SECONDS
            self.rest = FIRST_REST if steady else min(self.rest * 2, LONGEST_REST)
            self.start_at = now + self.rest
            self._forget()
            level = logging.ERROR if code == WRONG_USE else logging.WARNING
            again = "%s %s; starting it again in %.1f s"
            log.log(level, again, self.name, _told(code), self.rest)

    def try_to_start(self) -> None:
        """Start it; when the machine has no room for it now, later."""
        try:
            self.start()
        except OSError as error:
            self.start_at = clock.seconds() + LONGEST_REST
            log.error("%s cannot be started: %s", self.name, error.strerror)

    def start(self) -> None:
        self.started_at = clock.seconds()
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "portal", *self.command, "--supervised"],
            env=os.environ | self.environment,
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C reaches us alone; we pass it on in order
        )

    def end(self) -> None:
        if self.process is not None:
            self.process.terminate()

    def wait(self, until: float) -> None:
        """Wait for its end; kill it if it takes too long."""
        if self.process is None:
            return
        try:
            self.process.wait(max(until - clock.seconds(), 0.1))
        except subprocess.TimeoutExpired:
            log.error("%s does not end; killing it", self.name)
            self.process.kill()
            self.process.wait()
        self._forget()

    def _forget(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
        self.process = None


def _told(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    mend = ": please mend what it says above" if code == WRONG_USE else ""
    return f"ended with code {code}{mend}"


class Supervisor:
    """Looks after the parts until told to stop, then ends them in order."""

    def __init__(self, groups: Sequence[Sequence[Part]]) -> None:
        self.groups = groups  # ended one after another, started the other way round
        self.stopping = threading.Event()

    def stop(self) -> None:
        self.stopping.set()

    def run(self) -> None:
        while not self.stopping.is_set():
            for group in reversed(self.groups):
                for part in group:
                    part.look_after()
            self.stopping.wait(LOOK_SECONDS)
        for group in self.groups:
            until = clock.seconds() + DRAIN_SECONDS
            for part in group:
                part.end()
            for part in group:
                part.wait(until)


def follow_supervisor() -> None:
    """End this process as if by SIGTERM when the supervisor that started it is gone."""

    def watch() -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="supervisor", daemon=True).start()
