"""A storm: workers are killed and Microsoft fails, all the time.

What is in force is the test's own process: it hands mail in by the hook, and does what
a person would, such as to sign in again. Workers and Microsoft are processes.
"""

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from portal import Message, clock, config, db, send
from portal.delivery.graph import Graph
from portal.delivery.worker import Worker
from portal.errors import DatabaseAway
from portal.mail import lanes, outbox
from portal.mail.outbox import MessageRow, State
from portal.workspace import accounts, house
from tests.journeys.running import session as web
from tests.processes import COMMAND, PATIENCE_SECONDS, environ, started
from tests.sandbox.serving import Sandbox

HURRY = 0.3  # seconds that Microsoft asks us to wait
FAULTS: tuple[Mapping[str, Any], ...] = (
    {"kind": "429", "times": 20, "after_seconds": HURRY},
    {"kind": "503", "after_seconds": HURRY},
    {"kind": "504"},
    {"kind": "504-accepted"},
    {"kind": "reset-early"},
    {"kind": "reset-body"},
    {"kind": "dropped"},
    {"kind": "dropped-accepted"},
    {"kind": "truncated"},
    {"kind": "truncated-accepted"},
    {"kind": "keepalive-closed", "after_seconds": 2},
    {"kind": "hang", "after_seconds": 1},
    {"kind": "gateway"},
    {"kind": "200"},
    {"kind": "401"},
    {"kind": "error", "status": 500, "code": "ErrorInternalServerError"},
    {"kind": "token-down"},
)
FEEDERS = 2


@dataclass
class Fleet:
    """Worker processes, each of which is replaced when it is killed."""

    environ: dict[str, str]
    log: Path
    workers: "list[subprocess.Popen[bytes]]" = field(default_factory=list)
    killed: int = 0

    def start(self, count: int) -> None:
        for _ in range(count):
            with self.log.open("ab") as output:
                worker = subprocess.Popen(
                    [*COMMAND, "worker"],
                    env=self.environ,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
            self.workers.append(worker)

    def kill(self, chance: Random) -> None:
        """End one without a warning, and start another in its place."""
        fallen = self.workers.pop(chance.randrange(len(self.workers)))
        fallen.kill()
        fallen.wait(PATIENCE_SECONDS)
        self.killed += 1
        self.start(1)

    def replace(self) -> int:
        """Start another, then let the oldest drain; return how it ended."""
        self.start(1)
        until_true(lambda: self.present() >= len(self.workers))
        oldest = self.workers.pop(0)
        oldest.terminate()
        return oldest.wait(PATIENCE_SECONDS)

    def present(self) -> int:
        """Count the workers that have got so far as to work."""
        folder = Path(self.environ["PORTAL_INSTANCE"]) / "workers"
        return len([each for each in folder.glob("*") if not each.suffix])

    def stop(self) -> list[int]:
        """Let all drain, one with the other; return how they ended."""
        for worker in self.workers:
            worker.terminate()
        ended = [worker.wait(PATIENCE_SECONDS) for worker in self.workers]
        self.workers.clear()
        return ended

    def end(self) -> None:
        for worker in self.workers:
            worker.kill()
            worker.wait(PATIENCE_SECONDS)


@dataclass
class Sea:
    """Where the storm blows: workers, a Microsoft, and what was handed in."""

    fleet: Fleet
    microsoft: Sandbox
    accepted: dict[str, UUID] = field(default_factory=dict)

    @contextmanager
    def feeding(self, subjects: list[str]) -> Iterator[Future[None]]:
        """Hand mails in meanwhile, and see to it that all of them were."""
        with ThreadPoolExecutor(1) as executor:
            feeding = executor.submit(self.feed, subjects)
            yield feeding
        feeding.result()

    def feed(self, subjects: list[str]) -> None:
        """Hand mails in as a good application does: the same key until it is told."""
        with ThreadPoolExecutor(FEEDERS) as feeders:
            for subject, known in zip(
                subjects, feeders.map(_insist, subjects), strict=True
            ):
                self.accepted[subject] = known

    def blow(self, chance: Random, faults: int = 3) -> None:
        """Kill a worker, and let some of the next requests fail."""
        self.fleet.kill(chance)
        for fault in chance.choices(FAULTS, k=faults):
            self.microsoft.fault(**fault)

    def calm(self) -> None:
        """Let Microsoft be well again; what it has stays."""
        answer = self.microsoft.session.delete(f"{self.microsoft.url}/faults.json")
        answer.raise_for_status()

    def copies(self) -> dict[str, int]:
        """Count what arrived, by subject."""
        found: dict[str, int] = {}
        for mail in self.microsoft.mails():
            found[mail["subject"]] = found.get(mail["subject"], 0) + 1
        return found

    def states(self) -> dict[str, State]:
        with db.reading() as session:
            known = session.execute(select(MessageRow.id, MessageRow.state))
            by_id = {row.id: row.state for row in known}
        return {s: State(by_id[message]) for s, message in self.accepted.items()}


def _insist(subject: str) -> UUID:
    message = Message(to="jane@example.com", subject=subject, text="x" * 2000)
    until, rest = time.monotonic() + PATIENCE_SECONDS, Event()
    while True:
        try:
            return UUID(send(message, idempotency_key=subject).id)
        except DatabaseAway:
            assert time.monotonic() < until
            rest.wait(0.1)


@contextmanager
def raging(instance: Path, workers: int, **more: str) -> Iterator[Sea]:
    """Start a Microsoft and workers; what happens to them is the test's."""
    known = environ(instance) | more
    at = f"http://{known['PORTAL_SANDBOX_BIND']}"
    known |= {"PORTAL_LOGIN_URL": at, "PORTAL_GRAPH_URL": at}
    given = {name: v for name, v in known.items() if name.startswith("PORTAL_")}
    with ExitStack() as stack:
        stack.enter_context(started(known, "sandbox"))
        config.use(config.read(given))
        house.open_up(config.current())
        stack.callback(db.disconnect)
        microsoft = Sandbox(at, stack.enter_context(web()))
        until_true(lambda: _answers(microsoft))
        fleet = Fleet(known, instance.with_suffix(".workers.log"))
        stack.callback(fleet.end)
        fleet.start(workers)
        yield Sea(fleet, microsoft)


def _answers(microsoft: Sandbox) -> bool:
    try:
        return microsoft.session.get(f"{microsoft.url}/healthz", timeout=5).ok
    except OSError:
        return False


def until_true(look: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Look until it is so; fail when that takes too long."""
    until, rest = time.monotonic() + seconds, Event()
    while not look():
        assert time.monotonic() < until, "It never came."
        rest.wait(0.1)


def unfinished() -> int:
    """Count what waits for a worker or is with one, but for what is in doubt."""
    busy = or_(MessageRow.due_at.is_not(None), MessageRow.claim.is_not(None))
    with db.reading() as session:
        return session.scalar(select(func.count()).where(busy)) or 0


def held() -> bool:
    with db.reading() as session:
        return lanes.holding(session, accounts.find(session).id) is not None


def look_up_all(monkeypatch: Any) -> None:
    """Let time pass until everything in doubt was looked up as often as it may be."""
    worker = Worker({"graph": Graph(config.current().graph_url)})
    for wait in (*outbox.LOOKS, *outbox.LOOKS):
        moment = clock.now() + wait
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        while worker.work_once():
            pass
