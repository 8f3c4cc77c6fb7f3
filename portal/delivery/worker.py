"""The worker: claims what is due, hands it to a transport, writes down how it ended.

No session is open while we talk to the outside world. It may be killed at any moment:
what it had claimed is then looked up by another, never simply sent again.
"""

import logging
import secrets
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from portal import clock, db, vault
from portal.delivery import outcome
from portal.delivery.parcels import Lease, attempt_of, pack
from portal.delivery.transport import Accepted, NotSent, Transport, Unknown
from portal.errors import DeliveryError
from portal.mail import claims, content
from portal.mail.outbox import Claim, ClaimLost

THREADS = 8
POLL_SECONDS = 0.25
REST_SECONDS = 2.0  # after a failure of the database
UPLOAD_LIFE = timedelta(hours=1)
SWEEP_EVERY = timedelta(minutes=10)

log = logging.getLogger(__name__)


class Worker:
    """One process's share of the work: so many messages at once."""

    def __init__(self, transports: Mapping[str, Transport], threads: int = THREADS):
        self.name = secrets.token_hex(4)
        self.transports = transports
        self.threads = threads
        self._busy = 0
        self._news = threading.Condition()
        self._stopping = threading.Event()
        self._swept_at = clock.now() - SWEEP_EVERY

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what was claimed has ended."""
        self._stopping.set()

    def run(self) -> None:
        """Work until `stop`, then drain."""
        if not vault.unlocked():
            log.error("Can't decrypt: this worker claims nothing.")
            self._stopping.wait()
        with ThreadPoolExecutor(self.threads, thread_name_prefix="delivery") as pool:
            while not self._stopping.is_set():
                taken = self._take(self.threads - self._busy)
                for claim in taken:
                    self._count(+1)
                    pool.submit(self._finish, claim)
                if not taken:
                    self._wait()

    def work_once(self) -> bool:
        """Do what is due now and fits at once; tell whether there was anything."""
        taken = self._take(self.threads)
        for claim in taken:
            self._deliver(claim)
        return bool(taken)

    def _take(self, free: int) -> list[Claim]:
        if not free:
            return []
        try:
            self._sweep()
            with db.session() as session:
                claims.recover(session)
                claims.expire(session)
                return claims.take(session, self.name, free)
        except Exception:
            # The edge of the process: a database that is away comes back.
            log.exception("Claiming failed; trying again in %s s.", REST_SECONDS)
            self._stopping.wait(REST_SECONDS)
            return []

    def _sweep(self) -> None:
        if clock.now() - self._swept_at >= SWEEP_EVERY:
            self._swept_at = clock.now()
            with db.session() as session:
                content.sweep(session, clock.now() - UPLOAD_LIFE)

    def _wait(self) -> None:
        with self._news:
            self._news.wait(POLL_SECONDS)

    def _count(self, change: int) -> None:
        with self._news:
            self._busy += change
            self._news.notify_all()

    def _finish(self, claim: Claim) -> None:
        try:
            self._deliver(claim)
        except Exception:
            # The edge of the thread. The lease ends, and the message is looked up.
            log.exception("Message %s was left to its lease.", claim.message_id)
        finally:
            self._count(-1)

    def _deliver(self, claim: Claim) -> None:
        lease = Lease(claim)
        try:
            if claim.doubted:
                outcome.looked_up(claim, self._look_up(claim))
            else:
                outcome.accepted(claim, self._hand_over(claim, lease), lease.took)
        except DeliveryError as error:
            outcome.refused(claim, error, lease.took)
        except ClaimLost:
            log.warning("Message %s: the claim was lost.", claim.message_id)
        except Exception:
            log.exception("Message %s: a fault of ours.", claim.message_id)
            outcome.broken(claim, lease)

    def _hand_over(self, claim: Claim, lease: Lease) -> Accepted:
        transport, parcel = pack(claim, self.transports)
        return transport.deliver(parcel, lease)

    def _look_up(self, claim: Claim) -> Accepted | NotSent | Unknown:
        transport, attempt = attempt_of(claim, self.transports)
        return transport.look_up(attempt)
