"""Looking: what is wrong is compared with what is written down as wrong."""

import logging
import threading

from portal import config, db
from portal.watch.alerts import conditions, webhooks
from portal.workspace import incidents
from portal.workspace.incidents import environment

log = logging.getLogger(__name__)


def look(_: threading.Event) -> None:
    """Open and close incidents; of many who look at once, one writes."""
    way = webhooks.guess(config.current().alert_webhook)
    with db.reading() as session:
        told = environment.followed(session, way)
        if told and incidents.settled(session, conditions.now(session)):
            return
    with db.session() as session:
        db.alone(session)
        environment.follow(session, way)
        incidents.compare(session, conditions.now(session))
