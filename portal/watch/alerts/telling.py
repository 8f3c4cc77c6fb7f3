"""Telling: each alert goes to its channel, and what came of it is written down."""

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from portal import clock, db
from portal.errors import CannotDecrypt, NotFound
from portal.explanations import Who
from portal.watch.alerts import letters, webhooks
from portal.watch.alerts.webhooks import Verdict
from portal.workspace.incidents import Condition, Kind, alerts, channels
from portal.workspace.incidents.alerts import Alert, Event
from portal.workspace.incidents.channels import Channel, Target, Way
from portal.workspace.incidents.stages import Stage

AT_ONCE = 4
BATCH = 20
TEST = Condition(
    kind=Kind.TEST,
    title="This is a test of Mail Portal's alerts.",
    why="Nothing is wrong: somebody pressed Send test alert.",
    who=Who.WORKSPACE,
    link="/alerts",
)

log = logging.getLogger(__name__)


def tell_all(stopping: threading.Event) -> None:
    """Tell whatever is due; a channel that does not take it is asked again later."""
    while not stopping.is_set() and (taken := _take()):
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="alerts") as pool:
            for told in [pool.submit(_tell, alert) for alert in taken]:
                told.result()


def test(channel: Channel) -> Verdict:
    """Send a test alert at once, write down what came of it, and return that."""
    event = Event(
        id=db.new_id(), stage=Stage.TEST, condition=TEST, opened_at=clock.now()
    )
    try:
        with db.reading() as session:
            target = channels.target(session, channel.id)
    except NotFound as error:
        return Verdict(taken=False, why=str(error))
    verdict = _deliver(channel, target, event)
    with db.session() as session:
        channels.note(session, channel.id, verdict.why)
    return verdict


def _take() -> Sequence[Alert]:
    with db.reading() as session:
        if not alerts.waits(session):
            return ()
    with db.session() as session:
        return alerts.take(session, BATCH)


def _tell(alert: Alert) -> None:
    try:
        with db.reading() as session:
            channel = channels.find(session, alert.channel_id)
            target = channels.target(session, alert.channel_id)
    except NotFound:
        return  # it was removed meanwhile, and its alerts with it
    except CannotDecrypt as error:
        verdict = Verdict(taken=False, why=str(error))
    else:
        verdict = _deliver(channel, target, alert.event)
    _write_down(alert, verdict)


def _deliver(channel: Channel, target: Target, event: Event) -> Verdict:
    if channel.way == Way.MAIL:
        return letters.send(channel, target.address, event)
    return webhooks.post(channel.way, target, event)


def _write_down(alert: Alert, verdict: Verdict) -> None:
    heading = alert.event.heading
    with db.session() as session:
        if verdict.taken:
            alerts.deliver(session, alert)
            log.info("An alert was delivered: %s", heading)
        elif verdict.never:
            alerts.drop(session, alert)
        else:
            alerts.postpone(session, alert, verdict.why, verdict.after)
            log.warning("An alert was not delivered: %s %s", heading, verdict.why)
