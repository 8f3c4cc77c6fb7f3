"""The rounds: what the watch looks after, again and again, beside a worker.

Any number of machines may do so at once: what must be done once is claimed first. They
rest for different times, so that they do not all come at the same moment.
"""

import logging
import secrets
import threading
from collections.abc import Callable
from datetime import timedelta

from portal import vault
from portal.errors import DatabaseAway
from portal.watch import leftovers, renewal, retention

REST = timedelta(minutes=10)  # on average; from half of it to half as much again

log = logging.getLogger(__name__)


class Watch:
    """Goes its rounds until it is told to stop."""

    def __init__(self) -> None:
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Begin nothing more; `run` returns when what was begun has ended."""
        self._stopping.set()

    def run(self) -> None:
        """Go round after round until `stop`."""
        # Without the key there is nothing to be done; the worker beside us says so.
        while vault.unlocked() and not self._stopping.is_set():
            self._do(self._renew)
            self._do(self._tidy)
            self._do(self._keep_in_bounds)
            self._stopping.wait(_rest().total_seconds())

    def _renew(self) -> None:
        for connection in renewal.due():
            if not self._stopping.is_set():
                renewal.renew(connection)

    def _tidy(self) -> None:
        for account, left in leftovers.due():
            if not self._stopping.is_set():
                leftovers.delete(account, left)

    def _keep_in_bounds(self) -> None:
        retention.keep_in_bounds(self._stopping)

    def _do(self, duty: Callable[[], None]) -> None:
        try:
            duty()
        except DatabaseAway as error:
            log.warning("%s", error)
        except Exception:
            log.exception("A round was not finished.")


def _rest() -> timedelta:
    return REST * (0.5 + secrets.SystemRandom().random())
