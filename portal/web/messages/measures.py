"""How much and how long, as the reader of a page writes it."""

from datetime import datetime, timedelta

from babel.dates import format_time
from babel.numbers import format_decimal

from portal.web.language import date, language

UNITS = ((10**9, "GB"), (10**6, "MB"), (10**3, "KB"))  # as mailboxes are sold
MINUTE = 60  # seconds
HOUR = 60 * MINUTE


def size(count: int) -> str:
    """Write a number of bytes: `48.2 MB`."""
    for unit, name in UNITS:
        if count >= unit:
            return f"{_decimal(count / unit, '#,##0.0')} {name}"
    return f"{count} B"


def seconds(took: timedelta) -> str:
    """Write a duration as it was measured: `0.42 s`."""
    return f"{_decimal(took / timedelta(seconds=1), '#,##0.00')} s"


def rough(seconds: int) -> str:
    """Write a duration that nobody knows exactly: `3 s`, `12 min`, `2.5 h`."""
    if seconds < MINUTE:
        return f"{seconds} s"
    if seconds < HOUR:
        return f"{round(seconds / MINUTE)} min"
    return f"{_decimal(seconds / HOUR, '#,##0.0')} h"


def second(at: datetime) -> str:
    """Write a time to the second, with its zone: all of ours are UTC."""
    return f"{date(at)}, {format_time(at, 'HH:mm:ss z', locale=language())}"


def _decimal(value: float, form: str) -> str:
    return format_decimal(value, form, locale=language())
