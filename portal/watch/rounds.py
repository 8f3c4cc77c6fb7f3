"""The rounds: what the watch looks after, again and again, beside a worker.

Any number of machines may do so at once: what must be done once is claimed first. They
rest for different times, so that they do not all come at the same moment.
"""

import logging
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from portal import clock, vault
from portal.errors import DatabaseAway
from portal.watch import leftovers, renewal, retention, strays, tally
from portal.watch.alerts import looking, telling

REST = timedelta(minutes=10)  # of what has time
LOOK = timedelta(seconds=10)

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Duty:
    """What is done again and again; it ends early when the event is set."""

    do: Callable[[threading.Event], None]
    every: timedelta  # on average; from half of it to half as much again

    def rest(self) -> float:
        """Return the seconds until it is done again."""
        chance = 0.5 + secrets.SystemRandom().random()
        return self.every.total_seconds() * chance


DUTIES = (
    Duty(do=tally.add_up, every=timedelta(seconds=5)),
    Duty(do=renewal.renew_all, every=REST),
    Duty(do=leftovers.delete_all, every=REST),
    Duty(do=strays.delete_all, every=REST),
    Duty(do=retention.keep_in_bounds, every=REST),
)
# By a watch of their own: what keeps the others waiting may be the very trouble.
ALERTS = (
    Duty(do=looking.look, every=LOOK),
    Duty(do=telling.tell_all, every=timedelta(seconds=5)),
)


class Watch:
    """Does each duty when its time has come, until it is told to stop."""

    def __init__(
        self, duties: Sequence[Duty] = DUTIES, *, keyless: bool = False
    ) -> None:
        self._stopping = threading.Event()
        self._keyless = keyless  # none of these opens what is sealed
        self._due = dict.fromkeys(duties, clock.seconds())

    def stop(self) -> None:
        """Begin nothing more; `run` returns when what was begun has ended."""
        self._stopping.set()

    def run(self) -> None:
        """Do duty after duty until `stop`."""
        while self._able() and not self._stopping.is_set():
            duty = min(self._due, key=self._due.__getitem__)
            if not self._stopping.wait(max(0, self._due[duty] - clock.seconds())):
                self._do(duty)
                self._due[duty] = clock.seconds() + duty.rest()

    def _able(self) -> bool:
        # Without the key little is to be done; the worker beside us says so.
        return self._keyless or vault.unlocked()

    def _do(self, duty: Duty) -> None:
        try:
            duty.do(self._stopping)
        except DatabaseAway as error:
            log.warning("%s", error)
        except Exception:
            log.exception("A round was not finished.")
