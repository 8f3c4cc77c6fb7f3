"""The one place that knows what time it is.

The time that counts is the database's: machines that share one must agree on when a
lease ends. `set_offset` keeps how far this machine's clock is from it.
"""

from datetime import UTC, datetime, timedelta

_offset = timedelta()


def now() -> datetime:
    """Return the database's time, aware, in UTC."""
    return datetime.now(UTC) + _offset


def set_offset(offset: timedelta) -> None:
    """Keep how far the database's clock is ahead of this machine's."""
    global _offset
    _offset = offset
