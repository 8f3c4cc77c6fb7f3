"""What a message costs, what an idle worker costs, and what more workers bring.

The transport takes everything at once, so what is measured is ours alone: database,
content and journal. Eight mailboxes, because one is held back by Microsoft's limits.
"""

import multiprocessing
import sys
import threading
from collections.abc import Sequence
from multiprocessing.process import BaseProcess
from time import monotonic, perf_counter, process_time

from benchmarks import houses
from portal import Message, clock, config, db, send
from portal.delivery.transport import (
    Accepted,
    Attempt,
    Parcel,
    Progress,
    Unknown,
)
from portal.delivery.worker import POLL_SECONDS, Worker
from portal.errors import Answer
from portal.mail import lanes
from portal.mail.outbox import records
from portal.workspace import accounts, house
from portal.workspace.accounts import AccountRow

MAILBOXES = 8
MESSAGES = 1_600
WORKERS = (1, 2, 4)
IDLE_SECONDS = 5.0
FORK = multiprocessing.get_context("fork")


class Taker:
    """A transport that takes everything."""

    def deliver(self, parcel: Parcel, progress: Progress) -> Accepted:
        progress.begin()
        return Accepted(answer=Answer(status=202))

    def look_up(self, attempt: Attempt) -> Unknown:
        return Unknown(reason="Nobody knows.", final=True)


def main() -> int:
    for engine in houses.ENGINES:
        print(engine)
        with houses.opened(engine):
            found()
            accepting, idling = accept(), idle()
            share = idling * 100
            print(f"  accept         {accepting:8.2f} ms CPU a message")
            polls = 1 / POLL_SECONDS
            print(f"  idle worker    {share:8.1f} % of a core, {polls:.0f} polls/s")
            first = 0.0
            for count in WORKERS:
                rate, cpu = deliver(count)
                first = first or rate
                print(
                    f"  {count} worker{'s' if count > 1 else ' '}"
                    f"     {rate:8.0f} messages/s, {cpu:5.2f} ms CPU each,"
                    f" {rate / first:4.2f} x one worker"
                )
    return 0


def found() -> None:
    """Make accounts that feed a mailbox each."""
    with db.session() as session:
        for number in range(MAILBOXES):
            account = AccountRow(
                id=db.new_id(),
                name=f"mailbox-{number}",
                transport=accounts.GRAPH,
                sender=f"mailbox-{number}@contoso.example",
                is_default=False,
                enabled=True,
                large_attachments=False,
                version=1,
                changed_by="",
                created_at=clock.now(),
            )
            session.add(account)
            session.flush()
            lanes.route(session, account.id, f"tenant/{number}", 4)


def accept() -> float:
    """Hand in a backlog; return what a message costs, in milliseconds of CPU."""
    begin = process_time()
    for number in range(MESSAGES):
        account = f"mailbox-{number % MAILBOXES}"
        send(Message(to="jane@example.com", text="x" * 3000, account=account))
    return (process_time() - begin) / MESSAGES * 1000


def idle() -> float:
    """Return which share of a core a worker takes that has nothing to do."""
    with db.session() as session:
        for each in accounts.every(session):
            lanes.hold(session, each.id, lanes.Hold(reason="Nothing may go yet."))
    worker = Worker({"graph": Taker()})
    working = threading.Thread(target=worker.run)
    begin, used = perf_counter(), process_time()
    working.start()
    working.join(IDLE_SECONDS)
    share = (process_time() - used) / (perf_counter() - begin)
    worker.stop()
    working.join()
    with db.session() as session:
        for each in accounts.every(session):
            lanes.release(session, each.id)
    return share


def deliver(count: int) -> tuple[float, float]:
    """Send the backlog with so many workers; return messages/s and CPU ms of each."""
    if not waiting():
        accept()
    db.disconnect()
    used = FORK.Value("d", 0.0)
    working = [FORK.Process(target=work, args=(used,)) for _ in range(count)]
    begin = monotonic()
    start(working)
    seconds = monotonic() - begin
    house.open_up(config.current())
    return MESSAGES / seconds, used.value / MESSAGES * 1000


def start(working: Sequence[BaseProcess]) -> None:
    for each in working:
        each.start()
    for each in working:
        each.join()


def work(used: "multiprocessing.sharedctypes.Synchronized[float]") -> None:
    begin = process_time()
    house.open_up(config.current())
    worker = Worker({"graph": Taker()})
    working = threading.Thread(target=worker.run)
    working.start()
    while waiting():
        working.join(0.05)
    worker.stop()
    working.join()
    with used.get_lock():
        used.value += process_time() - begin


def waiting() -> int:
    with db.reading() as session:
        return records.waiting(session)


if __name__ == "__main__":
    sys.exit(main())
