"""The lookout: each process looks whether database and key are there, and tells."""

import logging
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from portal import clock, db, vault
from portal.config import Config
from portal.errors import DatabaseAway, NoKey
from portal.watch.alerts import webhooks
from portal.watch.outside import notebook
from portal.watch.outside.record import Record
from portal.watch.outside.troubles import TROUBLES, event
from portal.workspace.incidents import Kind
from portal.workspace.incidents.alerts import Event
from portal.workspace.incidents.channels import Target

AWAY = {Kind.DATABASE_AWAY: True}
NO_KEY = {Kind.DATABASE_AWAY: False, Kind.CANNOT_DECRYPT: True}

log = logging.getLogger(__name__)


class Lookout:
    """One process's; without PORTAL_ALERT_WEBHOOK there is nobody to be told."""

    def __init__(self, settings: Config) -> None:
        self._name = secrets.token_hex(4)
        self._url = settings.alert_webhook
        self._instance = settings.instance

    @contextmanager
    def opening(self) -> Iterator[None]:
        """Tell of what keeps a process from opening the house; it ends all the same."""
        try:
            yield
        except DatabaseAway:
            self._tell_at_last(AWAY)
            raise
        except NoKey:
            self._tell_at_last(NO_KEY)
            raise

    def look(self, _: threading.Event) -> None:
        """Find out what is wrong for this process, which has opened the house."""
        if self._url:
            found = {Kind.DATABASE_AWAY: not db.answers()}
            self.tell({**found, Kind.CANNOT_DECRYPT: not vault.unlocked()})

    def tell(self, found: Mapping[Kind, bool]) -> None:
        """Write down which troubles there are and are not, and tell what is due."""
        if not self._url:
            return
        with notebook.opened(self._instance) as known:
            self._write_down(known, found)
        while taken := self._take():
            self._post(*taken)

    def _tell_at_last(self, found: Mapping[Kind, bool]) -> None:
        try:
            self.tell(found)
        except OSError:
            # Why the process ends is still to be said.
            log.exception("Nobody was told.")

    def _write_down(
        self, known: dict[Kind, Record], found: Mapping[Kind, bool]
    ) -> None:
        for kind, wrong in found.items():
            record = known.pop(kind, None)
            if wrong:
                begun = record or Record(opened_at=clock.now())
                known[kind] = begun.met(self._name, TROUBLES[kind].patience)
            elif record and (left := record.missed(self._name)):
                known[kind] = left

    def _take(self) -> tuple[Kind, Record, Event] | None:
        with notebook.opened(self._instance) as known:
            for kind, record in known.items():
                if notice := record.due:
                    known[kind] = record.taken()
                    return kind, known[kind], event(kind, record, notice)
        return None

    def _post(self, kind: Kind, taken: Record, told: Event) -> None:
        verdict = webhooks.post(
            webhooks.guess(self._url), Target(address=self._url), told
        )
        if verdict.taken:
            log.info("An alert was delivered: %s", told.heading)
        else:
            log.warning("An alert was not delivered: %s %s", told.heading, verdict.why)
        with notebook.opened(self._instance) as known:
            record = known.get(kind)
            if record and record.due_at == taken.due_at:  # nobody else has it now
                known[kind] = (
                    record.told() if verdict.taken else record.postponed(verdict.after)
                )
