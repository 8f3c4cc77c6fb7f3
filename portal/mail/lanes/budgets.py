"""Budgets: how much a mailbox may do in a time, counted over all workers.

What was spent is kept with the lane, by slots of its window, so it costs the same
whatever has been sent before. A slot counts until the whole of it has left the window:
the limit holds in any window, wherever it begins.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from portal import config

Spent = dict[str, dict[str, int]]  # budget → number of a slot → how much
SLOTS = 60  # of a window, unless its slots would be shorter than a second


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What is counted, and for how long."""

    name: str
    window: timedelta

    @property
    def slot_seconds(self) -> int:
        return max(1, int(self.window.total_seconds()) // SLOTS)

    @property
    def slots(self) -> int:
        return int(self.window.total_seconds()) // self.slot_seconds

    def slot(self, moment: datetime) -> int:
        return int(moment.timestamp()) // self.slot_seconds

    def leaves(self, slot: int) -> datetime:
        """Tell when the whole of a slot has left the window."""
        return datetime.fromtimestamp((slot + self.slots + 1) * self.slot_seconds, UTC)


# https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits
REQUESTS = Budget(name="requests", window=timedelta(minutes=10))
BYTES = Budget(name="bytes", window=timedelta(minutes=5))
# https://learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits
RECIPIENTS = Budget(name="recipients", window=timedelta(hours=24))
MESSAGES = Budget(name="messages", window=timedelta(minutes=1))  # the pace
BUDGETS = {each.name: each for each in (REQUESTS, BYTES, RECIPIENTS, MESSAGES)}

# Some of Microsoft's 10,000 are kept for what follows a claim: look-ups and drafts.
REQUESTS_LIMIT = 9_500
BYTES_LIMIT = 150_000_000
AT_ONCE = 2_150_000  # bytes of a message that make a request of 4 MB
RESERVE = 10_000_000  # bytes that large messages leave to small ones

SUBMISSION_PACE = 30  # messages a minute that Exchange Online takes by SMTP


class Tariff(StrEnum):
    """By which of its limits a lane is charged."""

    GRAPH = "graph"
    SUBMISSION = "submission"  # to Exchange Online by SMTP
    FREE = "free"  # to any other SMTP server


Cost = Mapping[str, int]  # budget → how much
Limits = Mapping[str, int]  # budget → how much in its window; what is missing is free


def carried(size: int) -> int:
    """Return about how many bytes a message of this size is in a request, at most.

    A file may be encoded twice: inside the MIME message, and with it. Lines end twice.
    """
    return size * 16 // 9 + size // 20


def claimed(size: int) -> int:
    """Return how much of a message its claim is charged for.

    What is larger is charged request by request, as it goes.
    """
    return size if size <= AT_ONCE else 0


def uploading(size: int) -> Cost:
    """Say what a request costs that carries so many bytes as they are."""
    return {REQUESTS.name: 1, BYTES.name: size}


def cost(
    *, requests: int = 0, size: int = 0, recipients: int = 0, messages: int = 0
) -> Cost:
    """Say what something costs; `size` is in bytes, before any encoding."""
    costs = {
        REQUESTS.name: requests,
        BYTES.name: carried(size),
        RECIPIENTS.name: recipients,
        MESSAGES.name: messages,
    }
    return {name: amount for name, amount in costs.items() if amount}


def limits(pace: int, tariff: Tariff = Tariff.GRAPH) -> Limits:
    """Return what a mailbox may spend; `pace` is in messages a minute, 0 for none."""
    chosen = {MESSAGES.name: pace}
    if tariff != Tariff.FREE:
        chosen[RECIPIENTS.name] = config.current().recipients_per_day
    if tariff == Tariff.GRAPH:
        chosen |= {REQUESTS.name: REQUESTS_LIMIT, BYTES.name: BYTES_LIMIT}
    return {name: limit for name, limit in chosen.items() if limit}


def usual_pace(tariff: Tariff) -> int:
    """Return how many messages a minute leave where nothing else is chosen; 0: any."""
    chosen = config.current().messages_per_minute
    if tariff == Tariff.SUBMISSION:
        return min(chosen or SUBMISSION_PACE, SUBMISSION_PACE)
    return chosen


def spend(spent: Spent, cost: Cost, now: datetime) -> Spent:
    """Return what is spent after this, without what has left its window."""
    kept = {name: _living(spent, BUDGETS[name], now) for name in BUDGETS}
    for name, amount in cost.items():
        slot = str(BUDGETS[name].slot(now))
        kept[name][slot] = kept[name].get(slot, 0) + amount
    return {name: slots for name, slots in kept.items() if slots}


def give_back(spent: Spent, cost: Cost) -> Spent:
    """Return what is spent without this, which was charged lately and in vain."""
    kept = {name: dict(slots) for name, slots in spent.items()}
    for name, amount in cost.items():
        slots, rest = kept.get(name, {}), amount
        for slot in sorted(slots, key=int, reverse=True):
            taken = min(rest, slots[slot])
            slots[slot] -= taken
            rest -= taken
    return kept


def used(spent: Spent, budget: Budget, now: datetime) -> int:
    """Tell how much of a budget is spent in the window that ends now."""
    return sum(_living(spent, budget, now).values())


def fits_at(spent: Spent, cost: Cost, limits: Limits, now: datetime) -> datetime:
    """Tell when there is room for this: now, or when enough has left the windows.

    What is larger than a whole budget fits when nothing else is in its window.
    """
    waits = [
        _fits_at(spent, BUDGETS[name], limit - cost.get(name, 0), now)
        for name, limit in limits.items()
        if cost.get(name)
    ]
    return max([now, *waits])


def through_at(
    spent: Spent, cost: Cost, limits: Limits, now: datetime
) -> datetime | None:
    """Foretell when this much will be spent; None if nothing was sent just now."""
    pace = used(spent, MESSAGES, now)
    if not pace:
        return None
    waits = [MESSAGES.window * (cost[MESSAGES.name] / pace)]
    for name, limit in limits.items():
        budget = BUDGETS[name]
        beyond = used(spent, budget, now) + cost.get(name, 0) - limit
        waits.append(budget.window * (max(beyond, 0) / limit))
    return now + max(waits)


def _fits_at(spent: Spent, budget: Budget, room: int, now: datetime) -> datetime:
    """Tell when no more than `room` is left in a window."""
    slots = _living(spent, budget, now)
    total, at = sum(slots.values()), now
    for slot in sorted(slots, key=int):
        if total <= max(room, 0):
            break
        total -= slots[slot]
        at = budget.leaves(int(slot))
    return at


def _living(spent: Spent, budget: Budget, now: datetime) -> dict[str, int]:
    oldest = budget.slot(now) - budget.slots
    slots = spent.get(budget.name, {})
    return {slot: amount for slot, amount in slots.items() if int(slot) >= oldest}
