"""A mail that comes in at the SMTP door: block by block, and not too slowly."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

from portal.intake.smtp.connection import Connection
from portal.intake.smtp.data import Bare, Data


class Coming:
    """One mail, for whoever waits in the loop, or in another thread."""

    def __init__(self, connection: Connection, data: Data) -> None:
        self._connection = connection
        self._data = data
        self._loop = connection.loop
        self._since = self._loop.time()

    async def block(self) -> bytes:
        """Return what comes next; b"": the end. Raises Bare."""
        block = await self._data.block()
        if self.complete:
            # What is stored now is not given up: nobody could tell whether it was.
            self._connection.storing = True
            self._connection.rest()
            return block
        limits = self._connection.hall.limits
        allowed = limits.patience + self._data.received / limits.slowest
        left = self._since + allowed - self._loop.time()
        self._connection.allow(min(left, limits.patience))
        return block

    @property
    def complete(self) -> bool:
        """Tell whether all of it is there."""
        return self._data.ended

    def pieces(self, begun: bytes) -> Iterator[bytes]:
        """Yield all of it, to another thread than the loop's."""
        complete = self.complete
        yield begun
        while not complete:
            block = asyncio.run_coroutine_threadsafe(self.block(), self._loop).result()
            if not block:
                return
            yield block

    async def discard(self) -> None:
        """Read on to its end, unless that is far."""
        most = 2 * self._connection.hall.most
        while not self.complete and self._data.received <= most:
            with suppress(Bare):
                await self.block()
        if not self.complete:
            self._connection.end("552 5.3.4 This mail is far too large")
