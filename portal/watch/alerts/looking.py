"""Looking: what is wrong is compared with what is written down as wrong."""

import logging
import threading

from portal import db
from portal.watch.alerts import conditions
from portal.workspace import incidents

log = logging.getLogger(__name__)


def look(_: threading.Event) -> None:
    """Open and close incidents; of many who look at once, one writes."""
    with db.reading() as session:
        if incidents.settled(session, conditions.now(session)):
            return
    with db.session() as session:
        db.alone(session)
        incidents.compare(session, conditions.now(session))
