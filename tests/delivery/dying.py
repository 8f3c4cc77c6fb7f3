"""A worker that dies at a step of its road."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest

from portal import config, db
from portal.delivery.graph import Graph
from portal.delivery.parcels import Lease, pack
from portal.errors import Deferred
from portal.mail.outbox import claims, vanished
from portal.mail.transfers import Transfer
from tests.delivery.steps import later

NAME = "a worker that dies now"


class Died(BaseException):
    """The process is gone."""


@dataclass
class Dying:
    """The progress of a worker that dies when it has said so much, or is about to."""

    lease: Lease
    step: str
    after: int = 0  # times

    def prepare(self, draft_id: str = "") -> None:
        if draft_id:
            self._die("answered")
        self.lease.prepare(draft_id)
        self._die("kept" if draft_id else "prepared")

    def create(self) -> None:
        self.lease.create()
        self._die("asked")

    def forgo(self) -> None:
        self.lease.forgo()

    def begin(self) -> None:
        self.lease.begin()
        self._die("begun")

    def breathe(self) -> None:
        self.lease.breathe()
        self._die("breathed")

    def divide(self, recipients: Sequence[str], error: Deferred) -> None:
        self.lease.divide(recipients, error)
        self._die("divided")

    def charge(self, requests: int = 1) -> None:
        self.lease.charge(requests)
        self._die("charged")

    def weigh(self, size: int) -> None:
        self.lease.weigh(size)

    def upload(self, size: int) -> None:
        self.lease.upload(size)

    def plan(self, sizes: Mapping[int, int]) -> None:
        self.lease.plan(sizes)
        self._die("planned")

    def enclose(self, inside: int) -> None:
        self.lease.enclose(inside)
        self._die("enclosed")

    def go_on(self, transfer: Transfer) -> None:
        self.lease.go_on(transfer)
        self._die("opened")

    def advance(self, part: int, received: int) -> None:
        self._die("unwritten")
        self.lease.advance(part, received)
        self._die("advanced")

    def _die(self, step: str) -> None:
        if step == self.step:
            self.after -= 1
        if self.after < 0:
            raise Died


def die(monkeypatch: pytest.MonkeyPatch, step: str, after: int = 0) -> None:
    """Work as a worker does that dies at a step; then time passes."""
    _leave(step, after)
    later(monkeypatch, claims.LEASE + timedelta(seconds=1))


def die_beside_others(step: str) -> None:
    """Work as a worker does that dies at a step, which others notice at once."""
    _leave(step)
    with db.session() as session:
        vanished.abandon(session, NAME)


def _leave(step: str, after: int = 0) -> None:
    with db.session() as session:
        [claim] = claims.take(session, NAME, 1)
    lease = Lease(claim)
    transport, parcel = pack(lease, {"graph": Graph(config.current().graph_url)})
    with pytest.raises(Died):
        transport.deliver(parcel, Dying(lease, step, after))
