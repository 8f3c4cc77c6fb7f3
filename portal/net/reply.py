"""What an answer says, as far as every other side says it alike."""

import json
import math
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from portal import net

LONGEST_WAIT = timedelta(hours=24)  # more than that is a mistake of a gateway


def stated(response: net.Response) -> dict[str, Any]:
    """Return the JSON object that an answer is, or an empty one."""
    try:
        content = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Read a Retry-After: seconds, also broken ones such as 2.128, or a date.

    None when there is none that can be read; never negative, never beyond a day.
    """
    wait = _seconds(value or "")
    if wait is None:
        wait = _until(value or "", now)
    return None if wait is None else min(max(wait, timedelta()), LONGEST_WAIT)


def ahead(response: net.Response, now: datetime) -> timedelta:
    """Return how far the other side's clock is ahead, as its answer shows, or none."""
    return _until(response.headers.get("Date", ""), now) or timedelta()


def _seconds(value: str) -> timedelta | None:
    try:
        seconds = float(value)
    except ValueError:
        return None
    if math.isnan(seconds):
        return None
    return timedelta(seconds=min(max(seconds, 0), LONGEST_WAIT.total_seconds()))


def _until(value: str, now: datetime) -> timedelta | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)) - now
