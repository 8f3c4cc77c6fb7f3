"""Retention: contents and stories whose time is over go, part by part.

It never holds up who claims or accepts: each part is a short transaction, and after it
others have the database for as long as it took.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from portal import clock, config, db
from portal.db import Session
from portal.mail import content, retention
from portal.mail.journal import snapshots
from portal.workspace import incidents

PAGES = 256  # of 4 KiB, that are given back at once

log = logging.getLogger(__name__)


def keep_in_bounds(stopping: threading.Event) -> None:
    """Erase whatever is due, and give the room back to the disk."""
    chosen, now = config.current(), clock.now()
    old = now - timedelta(days=chosen.content_days)
    oldest = now - timedelta(days=chosen.records_days)
    erased = _all(stopping, lambda session: retention.erase(session, old))
    _all(stopping, content.clear)
    forgotten = _all(stopping, lambda session: retention.forget(session, oldest))
    _all(stopping, lambda session: retention.trim(session, oldest))
    _all(stopping, lambda session: incidents.trim(session, oldest))
    _all(stopping, snapshots.sweep)
    _repeat(stopping, lambda: db.shrink(PAGES))
    if erased or forgotten:
        told = "Erased the content of %d messages, and all that was known of %d."
        log.info(told, erased, forgotten)


def _all(stopping: threading.Event, part: Callable[[Session], int]) -> int:
    """Do part after part, each in its own transaction; return how much that was."""
    done: list[int] = []

    def once() -> bool:
        with db.session() as session:
            done.append(part(session))
        return bool(done[-1])

    _repeat(stopping, once)
    return sum(done)


def _repeat(stopping: threading.Event, once: Callable[[], bool]) -> None:
    more = True
    while more and not stopping.is_set():
        began = time.monotonic()
        more = once()
        stopping.wait(time.monotonic() - began if more else 0)
