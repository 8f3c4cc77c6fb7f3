"""Two that change the same at once, in each order."""

import threading
from collections.abc import Callable
from itertools import permutations

from sqlalchemy import select, text

from portal import db
from tests.journeys.running import eventually

WAITING = text("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
Deed = Callable[[], object]
ORDERS = list(permutations((0, 1)))


def waiting() -> int:
    with db.reading() as session:
        return session.scalar(WAITING) or 0


def cross(table: type[db.Table], *deeds: Deed) -> None:
    """Let deeds wait for the same, in this order; raise what one of them raises."""
    faults: list[Exception] = []

    def run(deed: Deed) -> None:
        try:
            deed()
        except Exception as fault:  # noqa: BLE001 - raised below
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    with db.session() as session:
        session.execute(select(table).with_for_update())
        for thread in threads:
            thread.start()
            eventually(lambda: waiting() >= sum(each.is_alive() for each in threads))
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
