"""Figures of mailboxes: what is on its way, and what of their budgets is spent."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from prometheus_client.core import Metric

from portal import clock
from portal.db import Session
from portal.mail.lanes import meters
from portal.mail.lanes.meters import Mailbox
from portal.mail.tally import depth
from portal.web.metrics import names
from portal.workspace import accounts


def families(session: Session) -> Iterator[Metric]:
    """Tell of each mailbox that an account sends through."""
    every = meters.mailboxes(session)
    yield _fed(session, every)
    yield from _in_flight(every, depth.in_flight(session))
    yield from _budgets(every)
    yield _pauses(every, clock.now())


def _fed(session: Session, every: list[Mailbox]) -> Metric:
    told = "Which mailbox an account sends through."
    labels = ("account", "transport", "way", "mailbox")
    family = names.gauge("account_info", told, *labels)
    keys = {fed: each.key for each in every for fed in each.account_ids}
    for account in accounts.every(session):
        how = account.name, account.transport, account.way
        family.add_metric([*how, keys.get(account.id, "")], 1)
    return family


def _in_flight(every: list[Mailbox], counts: dict[UUID, int]) -> Iterator[Metric]:
    told = "Messages that are on their way through a mailbox."
    now = names.gauge("mailbox_in_flight", told, "mailbox")
    told = "How many may be at once."
    most = names.gauge("mailbox_in_flight_limit", told, "mailbox")
    for each in every:
        now.add_metric([each.key], counts.get(each.lane_id, 0))
        most.add_metric([each.key], each.in_flight)
    yield now
    yield most


def _budgets(every: list[Mailbox]) -> Iterator[Metric]:
    told = "What is spent of a budget in its window that ends now."
    used = names.gauge("mailbox_budget_used", told, "mailbox", "budget")
    told = "What may be spent of a budget in its window."
    limit = names.gauge("mailbox_budget_limit", told, "mailbox", "budget")
    for each in every:
        for meter in each.meters:
            used.add_metric([each.key, meter.budget.name], meter.used)
            limit.add_metric([each.key, meter.budget.name], meter.limit)
    yield used
    yield limit


def _pauses(every: list[Mailbox], now: datetime) -> Metric:
    told = "How long a mailbox rests yet, because the other side asked for it."
    family = names.gauge("mailbox_paused_seconds", told, "mailbox")
    for each in every:
        until = each.paused_until or now
        family.add_metric([each.key], max((until - now).total_seconds(), 0))
    return family
