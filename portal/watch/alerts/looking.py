"""Looking: what is wrong is compared with what is written down as wrong."""

import logging
import threading

from portal import config, db
from portal.watch.alerts import conditions, endings, webhooks
from portal.workspace import incidents
from portal.workspace.incidents import Condition, View, environment

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


class Doorkeeper:
    """Looks after the certificate of the SMTP door that it stands beside."""

    def __init__(self) -> None:
        self._said: list[Condition] = []

    def look(self, _: threading.Event) -> None:
        """Open and close its incident; say in the log what is new of it."""
        found = endings.of_door()
        for each in found:
            if each not in self._said:
                log.warning("%s %s %s", each.title, each.why, each.steps[0])
        self._said = found
        with db.reading() as session:
            if incidents.settled(session, found, View.APART):
                return
        with db.session() as session:
            db.alone(session)
            incidents.compare(session, found, View.APART)
