"""Volume: what became of the mails of each hour or day, as far as it is known now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy.orm import Session

from portal import clock
from portal.mail import tally
from portal.mail.journal import Event
from portal.mail.tally import Span, depth

SENT = frozenset({Event.SENT, Event.ARRIVED})
FAILED = frozenset({Event.FAILED, Event.EXPIRED})


class Period(Enum):
    """How far it is looked back, and how long each interval of that is."""

    DAY = Span.HOUR, timedelta(hours=1), 24
    WEEK = Span.DAY, timedelta(days=1), 7
    MONTH = Span.DAY, timedelta(days=1), 30

    def begins(self, now: datetime) -> list[datetime]:
        """Return when each interval began; the last goes on."""
        span, length, count = self.value
        return [span.begin(now) - length * ago for ago in reversed(range(count))]

    @property
    def span(self) -> Span:
        return self.value[0]


@dataclass(frozen=True, kw_only=True)
class Interval:
    """One hour, or one day of UTC."""

    begin: datetime
    sent: int = 0
    failed: int = 0
    needy: int = 0  # accepted in it, and still in need of a human

    @property
    def count(self) -> int:
        return self.sent + self.failed + self.needy


@dataclass(frozen=True, kw_only=True)
class Volume:
    """Intervals on end; the last goes on."""

    period: Period
    intervals: tuple[Interval, ...]

    @property
    def today(self) -> Interval:
        """Return what was since midnight."""
        midnight = Span.DAY.begin(self.intervals[-1].begin)
        return _sum(each for each in self.intervals if each.begin >= midnight)

    @property
    def whole(self) -> Interval:
        return _sum(self.intervals)


def lately(session: Session, period: Period) -> Volume:
    """Tell of a period that ends now."""
    begins = period.begins(clock.now())
    counts = tally.since(session, begins[0], period.span, SENT | FAILED)
    needy = depth.unsettled(session, begins)
    intervals = (
        Interval(
            begin=each,
            sent=sum(counts[each, event] for event in SENT),
            failed=sum(counts[each, event] for event in FAILED),
            needy=needy.get(each, 0),
        )
        for each in begins
    )
    return Volume(period=period, intervals=tuple(intervals))


def _sum(intervals: Iterable[Interval]) -> Interval:
    listed = list(intervals)
    return Interval(
        begin=listed[0].begin,
        sent=sum(each.sent for each in listed),
        failed=sum(each.failed for each in listed),
        needy=sum(each.needy for each in listed),
    )
