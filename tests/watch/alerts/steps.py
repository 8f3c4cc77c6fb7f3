"""The steps of these tests: to break something, to look, and to see what was told."""

import json
import threading
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal import db
from portal.mail import lanes
from portal.mail.journal import Event
from portal.mail.lanes import LaneRow
from portal.mail.outbox import State
from portal.watch.alerts import letters, looking, telling
from portal.workspace import accounts, incidents
from portal.workspace.incidents import Incident, alerts, channels
from portal.workspace.incidents.alerts import Alert, AlertRow
from portal.workspace.incidents.channels import Channel, Way, Wish
from tests.mail import backlog
from tests.microsoft.scripted import Server

WHY = "The sign-in is no longer valid. Please sign in again."
HOOK = "https://hooks.example.com/services/T000/secret-tail"


def look() -> None:
    looking.look(threading.Event())


def look_at_door() -> None:
    looking.Doorkeeper().look(threading.Event())


def tell() -> None:
    telling.tell_all(threading.Event())


def look_and_tell() -> None:
    look()
    tell()


def open_incident(account_id: UUID) -> None:
    hold(account_id)
    look()


def hold(account_id: UUID, why: str = WHY, command: str = "") -> None:
    with db.session() as session:
        lanes.hold(session, account_id, lanes.Hold(reason=why, command=command))


def release(account_id: UUID) -> None:
    with db.session() as session:
        lanes.release(session, account_id)


def switch_off(account_id: UUID) -> None:
    with db.session() as session:
        accounts.enable(session, account_id, enabled=False)


def fail(times: int, reason: str = "", cause: str = "") -> None:
    """Let the mailbox fail so many times in a row, the last time for this."""
    with db.session() as session:
        for lane in session.scalars(select(LaneRow)):
            lane.failures = times
            lane.failed_reason, lane.failed_cause = reason, cause


def attend() -> None:
    with db.session() as session:
        lanes.attend(session)


def stick(count: int) -> None:
    """Let so many messages need a human."""
    for _ in range(count):
        backlog.put(backlog.account())
    for claim in backlog.take(count):
        backlog.settle(claim, State.UNCONFIRMED, Event.UNCONFIRMED)


def channel(url: str = HOOK, way: Way = Way.WEBHOOK, name: str = "Ann's") -> Channel:
    wish = Wish(name=name, way=way, target=url)
    with db.session() as session:
        return channels.add(session, wish, "Ann")[0]


def going_on() -> list[Incident]:
    with db.reading() as session:
        return incidents.going_on(session)


def kinds() -> list[str]:
    return [each.condition.kind for each in going_on()]


def ended() -> list[Incident]:
    with db.reading() as session:
        return incidents.ended(session, 100)


def told() -> list[str]:
    """Return what was told, in its order."""
    with db.reading() as session:
        rows = session.scalars(select(AlertRow).order_by(AlertRow.id))
        return [row.stage for row in rows]


def known(channel_id: UUID) -> Channel:
    """Return a channel as it is now."""
    with db.reading() as session:
        return channels.find(session, channel_id)


def bodies(receiver: Server) -> list[Any]:
    """Return what a webhook was sent, read as JSON."""
    return [json.loads(each.body) for each in receiver.requests]


def states(receiver: Server) -> list[str]:
    return [each["state"] for each in bodies(receiver)]


def take(session: db.Session) -> list[Alert]:
    return alerts.take(session, 10)


def deliver(alert: Alert) -> None:
    """Have a channel told, and die before that is written down."""
    with db.reading() as session:
        channel = channels.find(session, alert.channel_id)
        target = channels.target(session, alert.channel_id)
    assert letters.send(channel, target.address, alert.event).taken
