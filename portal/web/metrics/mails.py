"""Figures of mails: what became of them and why, how long it took, who had to wait."""

from collections import defaultdict
from collections.abc import Iterator
from math import isinf
from uuid import UUID

from prometheus_client.core import HistogramMetricFamily, Metric

from portal.db import Session
from portal.mail import tally
from portal.mail.journal import Event
from portal.mail.tally import BOUNDS, Count, Kind
from portal.web.metrics import names
from portal.workspace import accounts

OUTCOMES = frozenset(
    {
        Event.ACCEPTED,
        Event.SENT,
        Event.DEFERRED,
        Event.HELD,
        Event.UNCONFIRMED,
        Event.FAILED,
        Event.CANCELLED,
        Event.EXPIRED,
        Event.ARRIVED,
    }
)
DURATIONS = {
    Kind.ATTEMPT: (
        "attempt_duration_seconds",
        "How long attempts to send were on their way, tokens and uploads included.",
    ),
    Kind.ANSWER: (
        "graph_request_duration_seconds",
        "How long Graph took to answer the request that decided an attempt.",
    ),
}


def families(session: Session) -> Iterator[Metric]:
    """Tell what was counted since the portal was set up."""
    by_kind: dict[Kind, list[Count]] = defaultdict(list)
    for each in tally.ever(session):
        by_kind[each.figure.kind].append(each)
    known = names.of_accounts(session)
    yield _outcomes(by_kind[Kind.EVENT], known)
    for kind, (name, told) in DURATIONS.items():
        yield _durations(session, by_kind[kind], name, told)
    yield from _waits(by_kind[Kind.THROTTLED], known)


def _outcomes(counts: list[Count], known: dict[UUID, str]) -> Metric:
    told = "What happened to mails; deferred counts each time, the others once a mail."
    family = names.counter("messages", told, "account", "outcome", "reason")
    for each in counts:
        figure = each.figure
        if figure.name in OUTCOMES and (account := known.get(figure.account_id)):
            family.add_metric([account, figure.name, figure.cause], each.count)
    return family


def _durations(session: Session, counts: list[Count], name: str, told: str) -> Metric:
    labels = ("account", "transport")
    family = HistogramMetricFamily(f"{names.PREFIX}_{name}", told, labels=labels)
    for account in accounts.every(session):
        own = [each for each in counts if each.figure.account_id == account.id]
        if own:
            seconds = sum(each.time.total_seconds() for each in own)
            whose = [account.name, account.transport]
            family.add_metric(whose, _buckets(own), sum_value=seconds)
    return family


def _buckets(counts: list[Count]) -> list[tuple[str, float]]:
    """Return how many took no longer than each bound: each holds those before it."""
    below = {each.figure.name: each.count for each in counts}
    total, buckets = 0, []
    for bound in BOUNDS:
        total += below.get(str(bound), 0)
        buckets.append(("+Inf" if isinf(bound) else str(float(bound)), float(total)))
    return buckets


def _waits(counts: list[Count], known: dict[UUID, str]) -> Iterator[Metric]:
    times = names.counter("throttled", "How often Microsoft asked to wait.", "account")
    told = "How long it asked to wait, added up over messages."
    seconds = names.counter("throttle_wait_seconds", told, "account")
    for each in counts:
        if account := known.get(each.figure.account_id):
            times.add_metric([account], each.count)
            seconds.add_metric([account], each.time.total_seconds())
    yield times
    yield seconds
