"""Retention: contents and stories whose time is over go, part by part.

It never holds up who claims or accepts: each part is a short transaction, and after it
others have the database for as long as it took. Nor does a round hold up what else the
watch looks after: what there is no time for is left to the next one.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from portal import clock, db
from portal.db import Session
from portal.mail import content, retention
from portal.mail.journal import snapshots
from portal.workspace import incidents
from portal.workspace.keeping import terms

PAGES = 256  # of 4 KiB, that are given back at once
PATIENCE = timedelta(seconds=20)  # then nothing has more than one part done

log = logging.getLogger(__name__)


def keep_in_bounds(stopping: threading.Event) -> None:
    """Erase what is due while there is time, and give the room back to the disk."""
    with db.reading() as session:
        kept = terms.in_force(session)
    now = clock.now()
    old = now - timedelta(days=kept.content_days)
    oldest = now - timedelta(days=kept.records_days)
    sweep = Sweep(stopping=stopping, until=clock.seconds() + PATIENCE.total_seconds())
    erased = sweep.all(lambda session: retention.erase(session, old))
    sweep.all(content.clear)
    forgotten = sweep.all(lambda session: retention.forget(session, oldest))
    sweep.all(lambda session: retention.trim(session, oldest))
    sweep.all(lambda session: incidents.trim(session, oldest))
    sweep.all(snapshots.sweep)
    sweep.repeat(lambda: db.shrink(PAGES))
    if erased or forgotten:
        told = "Erased the content of %d messages, and all that was known of %d."
        log.info(told, erased, forgotten)


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """One round: ends when it is told to, or when its time is over."""

    stopping: threading.Event
    until: float

    def all(self, part: Callable[[Session], int]) -> int:
        """Do part after part, each in its own transaction; return how much that was."""
        done: list[int] = []

        def once() -> bool:
            with db.session() as session:
                done.append(part(session))
            return bool(done[-1])

        self.repeat(once)
        return sum(done)

    def repeat(self, once: Callable[[], bool]) -> None:
        """Do it again while there is more; once even if the time is over."""
        more = True
        while more and not self.stopping.is_set():
            began = clock.seconds()
            more = once()
            ended = clock.seconds()
            more = more and ended < self.until
            self.stopping.wait(ended - began if more else 0)
