"""The overview: whether all is well, what went and what comes, for workspace admins."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import render_template

from portal import db
from portal.db import Session
from portal.mail import lanes
from portal.mail.outbox import State, records
from portal.mail.tally import depth, volume
from portal.mail.tally.depth import Waiting
from portal.mail.tally.volume import Period, Volume
from portal.web.overview import budgets, chart, upcoming
from portal.web.overview.budgets import Budgets
from portal.workspace import accounts, standing

# As they are written in the address; the second is shown to whoever asks for none.
PERIODS = {"24h": Period.DAY, "7d": Period.WEEK, "30d": Period.MONTH}


@dataclass(frozen=True, kw_only=True)
class Queue:
    """What waits, since when, and until when."""

    count: int
    since: datetime | None  # the oldest has been due
    empty_at: datetime | None
    held: bool  # by its account: somebody has to act before it goes


def show(asked: str) -> str:
    """Return the page as it is now, with the volume of the period asked for."""
    period = PERIODS.get(asked, Period.WEEK)
    with db.reading() as session:
        now, every = standing.now(session), accounts.every(session)
        told = volume.lately(session, period)
        found = depth.waiting(session)
        waiting = {each.id: found[each.id] for each in every if each.id in found}
        mailboxes = budgets.by_mailbox(session, every, waiting)
        since = {each: known.since for each, known in waiting.items() if known.since}
        queue = _queue(session, waiting, since, mailboxes)
        stuck = records.stuck(session)
        coming = upcoming.coming(session, every, stuck, since)
    return render_template(
        "home/overview.html",
        standing=now,
        volume=told,
        periods={name: each == period for name, each in PERIODS.items()},
        charts=charts(told),
        queue=queue,
        held=stuck.get(State.HELD, 0),
        unconfirmed=stuck.get(State.UNCONFIRMED, 0),
        coming=coming,
        mailboxes=mailboxes,
        by_server=any(each.by_smtp for each in every),
    )


def charts(told: Volume) -> list[chart.Chart]:
    """Draw it for each width of the page."""
    return [chart.draw(told.intervals, each) for each in (chart.WIDE, chart.NARROW)]


def _queue(
    session: Session,
    waiting: Mapping[UUID, Waiting],
    since: Mapping[UUID, datetime],
    found: list[Budgets],
) -> Queue:
    return Queue(
        count=sum(each.count for each in waiting.values()),
        since=min(since.values(), default=None),
        empty_at=max((each.empty_at for each in found if each.empty_at), default=None),
        held=bool(lanes.holds(session, since)),
    )
