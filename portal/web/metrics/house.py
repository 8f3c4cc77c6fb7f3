"""Figures of the house: which version it is, and whether anybody works in it."""

from collections.abc import Iterator
from importlib import metadata

from prometheus_client.core import InfoMetricFamily, Metric

from portal import config, vault
from portal.db import Session
from portal.delivery import presence
from portal.mail.lanes import meters
from portal.web.metrics import names

DISTRIBUTION = "mail-portal"


def families(session: Session) -> Iterator[Metric]:
    """Tell of the program itself."""
    version = {"version": metadata.version(DISTRIBUTION)}
    yield InfoMetricFamily(f"{names.PREFIX}_build", "What runs here.", value=version)
    told = "1 if the key of the database is there; without it nothing is sent."
    unlocked = names.gauge("unlocked", told)
    unlocked.add_metric([], vault.unlocked())
    yield unlocked
    told = "Worker processes on the machine that answers."
    here = names.gauge("workers", told)
    here.add_metric([], presence.count(presence.folder(config.current().instance)))
    yield here
    told = "When a worker of any machine last said that it was there, to ten minutes."
    seen = names.gauge("worker_seen_timestamp_seconds", told)
    if at := meters.attended_at(session):
        seen.add_metric([], at.timestamp())
    yield seen
