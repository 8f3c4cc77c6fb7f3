"""Figures of incidents: how many troubles are open, of each kind."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import Metric

from portal.db import Session
from portal.web.metrics import names
from portal.workspace import incidents
from portal.workspace.incidents import KEPT


def families(session: Session) -> Iterator[Metric]:
    """Tell of each kind, also of what is not wrong."""
    told = "Troubles that are open; the page of alerts tells which."
    family = names.gauge("incidents_open", told, "kind")
    found = Counter(each.condition.kind for each in incidents.going_on(session))
    for kind in KEPT:
        family.add_metric([kind], found[kind])
    yield family
