"""The one place that knows what time it is.

The time that counts is the database's: machines that share one must agree on when a
lease ends. `go_by` keeps how far this machine's clock is from it. How long something
takes is no time of day, and measured by a stopwatch.
"""

import time
from datetime import UTC, datetime, timedelta

_offset = timedelta()


def now() -> datetime:
    """Return the database's time, aware, in UTC."""
    return datetime.now(UTC) + _offset


def go_by(moment: datetime) -> timedelta:
    """Take this, which the database's clock shows right now, as the time.

    Returns how far ahead of this machine's clock that is.
    """
    global _offset
    _offset = moment - datetime.now(UTC)
    return _offset


def plain(moment: datetime | None) -> str | None:
    """Write a time as programs read it, to the second; None stays none."""
    return moment.isoformat(timespec="seconds") if moment else None


def seconds() -> float:
    """Return the seconds of a stopwatch that nobody sets: their difference counts."""
    return time.monotonic()
