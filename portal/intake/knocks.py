"""Wrong keys: counted by the address that they come from, logged, and slowed.

Each process counts for itself. An address is whoever speaks to us: behind a proxy that
is the proxy, so whoever else comes through it with a right key must still be let in.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock

from portal import clock

FREE = 10  # wrong keys at once that nobody has to wait for
MINUTE = 60.0  # seconds, in which as many more become free again
MOST_WAIT = 60.0  # seconds
MOST_PLACES = 10_000  # that are remembered; whoever was not heard of for longest goes
HOME_BITS = 64  # of an IPv6 address; the rest of them its host chooses freely

log = logging.getLogger(__name__)


@dataclass
class Place:
    """Where wrong keys come from; times are in seconds."""

    free_at: float  # nothing of what it did counts any more
    told_at: float  # its count was logged
    untold: int = 0


class Knocks:
    """Counts wrong keys, in little memory however many addresses they come from."""

    def __init__(
        self, now: Callable[[], float] = clock.seconds, most: int = MOST_PLACES
    ) -> None:
        self._now = now
        self._most = most
        self._lock = Lock()
        self._places: OrderedDict[str, Place] = OrderedDict()

    def __len__(self) -> int:
        return len(self._places)

    def refused(self, address: str) -> float:
        """Note a wrong key; return how many seconds to wait, 0 for the first few."""
        now, name = self._now(), _home(address)
        with self._lock:
            told = dict(self._forgotten(now))
            place = self._places.setdefault(name, Place(now, now - MINUTE))
            self._places.move_to_end(name)
            place.untold += 1
            if now - place.told_at >= MINUTE:
                told[name] = told.get(name, 0) + place.untold
                place.told_at, place.untold = now, 0
            wait = _wait(place, now)
        for name, count in told.items():
            log.warning("Wrong API keys from %s: %d since this was said.", name, count)
        return wait

    def forget(self) -> None:
        """Forget everybody."""
        with self._lock:
            self._places.clear()

    def _forgotten(self, now: float) -> Iterator[tuple[str, int]]:
        """Forget who has been quiet, or is too many; yield what was not told of them.

        Of too many nobody would read.
        """
        while self._places:
            name, place = next(iter(self._places.items()))
            quiet = max(place.free_at, place.told_at + MINUTE) <= now
            if not quiet and len(self._places) < self._most:
                return
            del self._places[name]
            if quiet and place.untold:
                yield name, place.untold


def _wait(place: Place, now: float) -> float:
    """Count one more; each counts until its share of the minute is over."""
    counted = max(place.free_at, now) + MINUTE / FREE
    place.free_at = min(counted, now + MINUTE + MOST_WAIT)
    return max(0.0, place.free_at - now - MINUTE)


def _home(address: str) -> str:
    """Name whoever speaks: one host may use a whole network of IPv6 addresses."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address  # of a socket that has no number
    if not isinstance(known, IPv6Address):
        return str(known)
    if known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(ip_network((known, HOME_BITS), strict=False))


_known = Knocks()
refused, forget = _known.refused, _known.forget
