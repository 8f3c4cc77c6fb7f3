"""Fifty clients at once at the SMTP door: what an answer takes, and what arrives.

Everything in processes of its own, as `portal up --sandbox` starts them, down to the
mailbox of the sandbox: each mail has to be there once, under the id that was answered.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from statistics import quantiles
from threading import Event
from time import monotonic
from uuid import UUID

from sqlalchemy import func, select

from benchmarks import houses
from portal import db
from portal.mail.outbox import MessageRow, State
from portal.workspace import house
from tests import postgres
from tests.journeys.running import Portal, running
from tests.journeys.submitting import Client

CLIENTS = 50
MAILS = 200  # of each
PATIENCE_SECONDS = 900


def main() -> int:
    intact = [measure(engine) for engine in houses.ENGINES]
    return 0 if all(intact) else 1


def measure(engine: str) -> bool:
    """Let the crowd in once; print what it took, and tell whether nothing is amiss."""
    with ExitStack() as stack:
        room = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        # Who receives so much in a day is not what is asked.
        environ = {"PORTAL_RECIPIENTS_PER_DAY": "0"}
        if engine == "PostgreSQL":
            server = stack.enter_context(postgres.serve(options=houses.DURABLE))
            environ["PORTAL_DATABASE_URL"] = stack.enter_context(server.database())
        portal = stack.enter_context(running(room / "instance", **environ))
        house.open_up(portal.settings())
        stack.callback(db.disconnect)
        portal.connect()
        portal.new_key()
        begun = monotonic()
        crowd = submitted(portal)
        accepting = monotonic() - begun
        wait_for_all()
        print(engine)
        report(crowd, accepting)
        print(f"  sent       all, {monotonic() - begun:.0f} s after the first came")
        return intact(portal, crowd)


def submitted(portal: Portal) -> Sequence[Client]:
    """Return the clients, which have gone on until all of their mails were answered."""
    crowd = [Client(portal, number, MAILS) for number in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        for each in [pool.submit(client.run) for client in crowd]:
            each.result()
    return crowd


def wait_for_all() -> None:
    """Wait until all are sent; raise TimeoutError when it goes on no more.

    A mailbox is asked 9,500 times in ten minutes at most: the last may wait for that.
    """
    before, until = 0, monotonic() + PATIENCE_SECONDS
    while (now := count(State.SENT)) < count():
        if now > before:
            before, until = now, monotonic() + PATIENCE_SECONDS
        if monotonic() > until:
            raise TimeoutError(f"{now} were sent, and no more.")
        Event().wait(1)


def count(state: State | None = None) -> int:
    """Count the messages, or those of a state."""
    query = select(func.count()).select_from(MessageRow)
    if state:
        query = query.where(MessageRow.state == state)
    with db.reading() as session:
        return session.scalar(query) or 0


def report(crowd: Sequence[Client], accepting: float) -> None:
    answered = sum(len(client.answered) for client in crowd)
    cuts = quantiles([each for client in crowd for each in client.seconds], n=100)
    print(f"  accepted   {answered} mails, {answered / accepting:.0f} a second")
    print(f"  an answer  {cuts[49]:.2f} s (half), {cuts[98]:.2f} s (99 of 100)")


def intact(portal: Portal, crowd: Sequence[Client]) -> bool:
    """Tell whether each arrived once, and is stored under the id that was answered.

    One whose answer did not come is asked for again, and may then arrive twice.
    """
    asked = sum((client.asked for client in crowd), Counter[str]())
    arrived = Counter(each["subject"] for each in portal.sandbox.mails())
    lost = CLIENTS * MAILS - len(arrived)
    doubled = (arrived - asked).total()
    again = (asked - Counter(set(asked))).total()
    print(f"  lost       {lost}, doubled {doubled}, asked for again {again}")
    with db.reading() as session:
        rows = dict(session.execute(select(MessageRow.id, MessageRow.subject)).all())
    told = [pair for client in crowd for pair in client.answered.items()]
    kept = all(rows.get(UUID(message)) == subject for subject, message in told)
    return kept and arrived == Counter(rows.values()) and not (lost or doubled)


if __name__ == "__main__":
    sys.exit(main())
