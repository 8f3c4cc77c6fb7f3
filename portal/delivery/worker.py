"""The worker: claims what is due, hands it to a transport, writes down how it ended.

No session is open while we talk to the outside world. It may be killed at any moment:
what it had claimed is then looked up by another, never simply sent again.
"""

import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial
from uuid import UUID

from portal import accept, clock, config, db, vault
from portal.delivery import outcome, presence
from portal.delivery.outcome import fallback
from portal.delivery.parcels import Lease, attempt_of, pack
from portal.delivery.transport import Accepted, Transport
from portal.errors import ConfigError, DatabaseAway, Deferred, DeliveryError, Unsure
from portal.mail import content, mark
from portal.mail.lanes import flow
from portal.mail.outbox import Claim, ClaimLost, claims, expiry, vanished
from portal.workspace import accounts, connections, house
from portal.workspace.consent import changes, trips
from portal.workspace.people import sessions, setup_links
from portal.workspace.registration import credentials

THREADS = 8
POLL_SECONDS = 0.25
REST_SECONDS = 2.0  # after a failure of the database
UPLOAD_LIFE = timedelta(hours=1)
SWEEP_EVERY = timedelta(minutes=10)
RETIREMENT = timedelta(minutes=15)  # longer than an attempt may be on its way
REPEAT_LIFE = timedelta(days=8)  # an Idempotency-Key is kept for seven at least

Outcome = Callable[[], None]

log = logging.getLogger(__name__)


class Worker:
    """One process's share of the work: so many messages at once."""

    def __init__(self, transports: Mapping[str, Transport], threads: int = THREADS):
        self.name = secrets.token_hex(4)
        self.folder = presence.folder(config.current().instance)
        self.transports = transports
        self.threads = threads
        self._busy = 0
        self._news = threading.Condition()
        self._stopping = threading.Event()
        self._swept_at = clock.now() - SWEEP_EVERY
        self._look_again_at = 0.0
        self._was_away = False  # the database; what it last said may not be so
        self._busy_with: list[UUID] = []  # twice, if it was claimed anew meanwhile

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what was claimed has ended."""
        self._stopping.set()

    def run(self) -> None:
        """Work until `stop`, then drain."""
        if not vault.unlocked():
            log.error("Can't decrypt: this worker claims nothing.")
            self._stopping.wait()
        with (
            presence.present(self.folder, self.name),
            ThreadPoolExecutor(self.threads, thread_name_prefix="delivery") as pool,
        ):
            while not self._stopping.is_set():
                taken = self._take(self.threads - self._busy)
                for claim in taken:
                    self._count(+1)
                    self._busy_with.append(claim.message_id)
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
            self._disclaim()
            self._sweep()
            presence.bury(self.folder, self._abandon)
            self._look_after_accounts()
            with db.session() as session:
                # It may have been restored under our feet.
                behind = self._behind(session)
                taken = [] if behind else self._claim(session, free)
            if behind:
                house.notice_restore(config.current())
            self._mark(taken)
            return taken
        except DatabaseAway as error:
            self._was_away = True
            log.warning("%s", error)
        except Exception:
            self._was_away = True
            log.exception("Claiming failed.")
        self._stopping.wait(REST_SECONDS)
        return []

    def _behind(self, session: db.Session) -> bool:
        # What is wrong with the mark is said when something is claimed.
        with suppress(ConfigError):
            return mark.behind(session, config.current().instance) is not None
        return False

    def _claim(self, session: db.Session, free: int) -> list[Claim]:
        vanished.recover(session)
        for account_id in expiry.expire(session):
            accounts.end_trial(session, account_id)
        return claims.take(session, self.name, free)

    def _look_after_accounts(self) -> None:
        """Tell new accounts that we are there, and let mail leave by fallbacks.

        All mail waits for a look meanwhile: after one in vain the next comes later.
        """
        if clock.seconds() < self._look_again_at:
            return
        with db.reading() as session:
            overlooked = flow.overlooked(session)
        if overlooked:
            with db.session() as session:
                expiry.attend(session)
        if not fallback.relieve():
            self._look_again_at = clock.seconds() + POLL_SECONDS

    def _disclaim(self) -> None:
        """Give back what may be claimed without our knowing: a commit's answer is lost.

        Whoever died while it said so is looked after by the others.
        """
        if self._was_away:
            with db.session() as session:
                vanished.disclaim(session, self.name, self._busy_with.copy())
            self._was_away = False

    def _mark(self, taken: list[Claim]) -> None:
        """Remember how far the outbox went, before any of this is sent."""
        try:
            for reached in {each.claimed_at for each in taken if each.claimed_at}:
                mark.advance(config.current().instance, reached)
        except OSError:
            # What is claimed goes out all the same, or it would be in doubt.
            log.exception("A restored backup would not be noticed.")

    def _abandon(self, worker: str) -> None:
        log.warning("Worker %s is gone; what it left is looked up.", worker)
        with db.session() as session:
            vanished.abandon(session, worker)

    def _sweep(self) -> None:
        # Also when this machine's clock was set, forward or back.
        if abs(clock.now() - self._swept_at) >= SWEEP_EVERY:
            house.set_clock()
            self._swept_at = clock.now()
            now = clock.now()
            with db.session() as session:
                content.sweep(session, now - UPLOAD_LIFE)
                connections.erase_retired(session, now - RETIREMENT)
                accounts.sweep(session, now - RETIREMENT)
                accept.forget(session, now - REPEAT_LIFE)
                trips.sweep(session, now - RETIREMENT)
                changes.sweep(session, now - RETIREMENT)
                sessions.sweep(session, now)
                setup_links.sweep(session, now)
                credentials.sweep(session, now)
                expiry.attend(session)
                expiry.outlive(session)

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
            self._busy_with.remove(claim.message_id)
        except Exception:
            # The edge of the thread. The lease ends, and the message is looked up; it
            # stays among what we are busy with, for it may have been sent.
            log.exception("Message %s was left to its lease.", claim.message_id)
        finally:
            self._count(-1)

    def _deliver(self, claim: Claim) -> None:
        lease = Lease(claim)
        try:
            ended = self._attempt(lease)
        except ClaimLost:
            return log.warning("Message %s: the claim was lost.", claim.message_id)
        return self._write_down(claim, ended)

    def _attempt(self, lease: Lease) -> Outcome:
        """Do what a claim is for; return how it ended, still to be written down."""
        try:
            return self._do(lease)
        except ClaimLost:
            raise
        except DeliveryError as error:
            return partial(outcome.refused, lease, error, lease.took)
        except DatabaseAway as error:
            away = Unsure(str(error)) if lease.begun else Deferred(str(error))
            return partial(outcome.refused, lease, away, lease.took)
        except Exception:
            log.exception("Message %s: a fault of ours.", lease.claim.message_id)
            return partial(outcome.broken, lease, lease.took)

    def _do(self, lease: Lease) -> Outcome:
        if lease.claim.doubted:
            transport, attempt = attempt_of(lease, self.transports)
            return partial(outcome.looked_up, lease, transport.look_up(attempt))
        if lease.claim.repeats and (found := self._turned_up(lease)):
            return partial(outcome.looked_up, lease, found)
        transport, parcel = pack(lease, self.transports)
        result = transport.deliver(parcel, lease)
        return partial(outcome.accepted, lease, result, lease.took)

    def _turned_up(self, lease: Lease) -> Accepted | None:
        """Look once more for what its account has sent again; nobody need answer."""
        transport, attempt = attempt_of(lease, self.transports)
        lease.charge(claims.LOOK_REQUESTS)
        try:
            found = transport.look_up(attempt)
        except DeliveryError:
            return None
        return found if isinstance(found, Accepted) else None

    def _write_down(self, claim: Claim, write: Outcome) -> None:
        """Write until it is written: what is known for sure must not become a doubt."""
        while True:
            try:
                return write()
            except ClaimLost:
                return log.warning("Message %s: the claim was lost.", claim.message_id)
            except DatabaseAway:
                self._was_away = True
                log.warning("Message %s: cannot be settled yet.", claim.message_id)
                self._rest()

    def _rest(self) -> None:
        with self._news:
            self._news.wait(REST_SECONDS)
