"""Names: by which accounts and mailboxes go in the figures."""

from uuid import UUID

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
)

from portal.db import Session
from portal.workspace import accounts

PREFIX = "mailportal"


def of_accounts(session: Session) -> dict[UUID, str]:
    """Return the name of each account that is listed."""
    return {each.id: each.name for each in accounts.every(session)}


def gauge(name: str, told: str, *labels: str) -> GaugeMetricFamily:
    """Begin the family of a figure that goes up and down."""
    return GaugeMetricFamily(f"{PREFIX}_{name}", told, labels=labels)


def counter(name: str, told: str, *labels: str) -> CounterMetricFamily:
    """Begin the family of a figure that only goes up."""
    return CounterMetricFamily(f"{PREFIX}_{name}", told, labels=labels)
