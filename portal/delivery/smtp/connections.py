"""Connections that are used again: by the same server, and only while they are warm.

A gateway may drop a resting connection without a word, and whether it still lives a
NOOP does not tell for the moment after it. So one that rested too long is closed, and
one that is used again begins with RSET: when that fails, nothing was sent by it.
"""

import threading
from collections import defaultdict
from collections.abc import Callable
from uuid import UUID

from portal import clock, net
from portal.submission.client import Client
from portal.workspace.accounts.servers import Server

IDLE_SECONDS = net.IDLE_SECONDS

Way = tuple[Server, UUID | None]  # and the connection of the user who signed in there


class Connections:
    """Those of this process that rest just now."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self.idle_seconds = idle_seconds
        self._resting: defaultdict[Way, list[Client]] = defaultdict(list)
        self._lock = threading.Lock()
        self._sweeping: threading.Timer | None = None

    def take(self, way: Way, open_: Callable[[], Client]) -> Client:
        """Return a connection that is ready for a message, an old or a new one."""
        while client := self._warm(way):
            if _reset(client):
                return client
        return open_()

    def rest(self, way: Way, client: Client) -> None:
        """Keep a connection that is between two messages."""
        client.rested_at = clock.seconds()
        with self._lock:
            self._resting[way].append(client)
            self._sweep_later()

    def close(self) -> None:
        """Close all that rest."""
        with self._lock:
            if self._sweeping:
                self._sweeping.cancel()
            self._sweeping = None
        self._leave(float("inf"))

    def _warm(self, way: Way) -> Client | None:
        self._sweep()
        with self._lock:
            resting = self._resting[way]
            return resting.pop() if resting else None

    def _sweep(self) -> None:
        self._leave(clock.seconds() - self.idle_seconds)

    def _leave(self, before: float) -> None:
        """Close what rests since before then: a server counts it as well."""
        cold: list[Client] = []
        with self._lock:
            for way, resting in list(self._resting.items()):
                cold += [each for each in resting if each.rested_at <= before]
                warm = [each for each in resting if each.rested_at > before]
                self._resting[way] = warm
                if not warm:
                    del self._resting[way]
        for client in cold:
            client.leave()

    def _sweep_later(self) -> None:
        if self._sweeping is None:
            self._sweeping = threading.Timer(self.idle_seconds, self._swept)
            self._sweeping.daemon = True
            self._sweeping.start()

    def _swept(self) -> None:
        self._sweep()
        with self._lock:
            self._sweeping = None
            if self._resting:
                self._sweep_later()


def _reset(client: Client) -> bool:
    try:
        well = client.ask("RSET").well
    except OSError:
        well = False
    if not well:
        client.close()
    return well
