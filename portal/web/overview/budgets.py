"""Mailbox budgets: a meter for each that has a limit, and when the queue is empty."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.db import Session
from portal.mail.lanes import budgets, meters
from portal.mail.lanes.meters import Mailbox, Meter
from portal.mail.outbox.records import forecast
from portal.mail.tally.depth import Waiting
from portal.web.language import gettext as _
from portal.workspace.accounts import Account

MEGABYTE = 1_000_000
HIGH, FULL = 0.8, 0.97  # of a limit


@dataclass(frozen=True, kw_only=True)
class Gauge:
    """One meter, in the unit that it is shown in."""

    label: str
    used: int
    limit: int
    unit: str  # "" for what is counted

    @property
    def high(self) -> int:
        return round(self.limit * HIGH)

    @property
    def full(self) -> int:
        return round(self.limit * FULL)


@dataclass(frozen=True, kw_only=True)
class Budgets:
    """Those of a mailbox."""

    names: str  # the accounts that send through it
    default: bool
    gauges: tuple[Gauge, ...]
    waiting: int
    empty_at: datetime | None


def by_mailbox(
    session: Session, every: list[Account], waiting: Mapping[UUID, Waiting]
) -> list[Budgets]:
    """Return the budgets of each mailbox, that of the default account first.

    `waiting` is what waits, by account.
    """
    due = {each: known.due for each, known in waiting.items()}
    through = forecast.through(session, due)
    found = [_of(each, every, waiting, through) for each in meters.mailboxes(session)]
    listed = [each for each in found if each.names]
    return sorted(listed, key=lambda each: (not each.default, each.names))


def _of(
    mailbox: Mailbox,
    every: list[Account],
    waiting: Mapping[UUID, Waiting],
    through: Mapping[UUID, datetime],
) -> Budgets:
    fed = [each for each in every if each.id in mailbox.account_ids]
    empty = [through[each.id] for each in fed if each.id in through]
    return Budgets(
        names=", ".join(each.name for each in fed),
        default=any(each.is_default for each in fed),
        gauges=tuple(_gauge(each) for each in mailbox.meters),
        waiting=sum(waiting[each.id].count for each in fed if each.id in waiting),
        empty_at=max(empty, default=None),
    )


def _gauge(meter: Meter) -> Gauge:
    labels = {
        budgets.MESSAGES: _("Messages, 1 minute"),
        budgets.RECIPIENTS: _("Recipients, 24 hours"),
        budgets.BYTES: _("Upload, 5 minutes"),
        budgets.REQUESTS: _("Requests, 10 minutes"),
    }
    upload = meter.budget == budgets.BYTES
    size = MEGABYTE if upload else 1
    return Gauge(
        label=labels[meter.budget],
        used=round(meter.used / size),
        limit=meter.limit // size,
        unit="MB" if upload else "",
    )
