"""What an answer says, as far as every other side says it alike."""

import html
import json
import math
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, quote_plus

from portal import foreign, net
from portal.errors import WORDS_LIMIT

NAME = re.compile(r"[\w.-]{1,100}", re.ASCII)  # of a code or a request; no text
# A piece of a token is longer than any word, or than a part of a host's name may be.
OPAQUE = re.compile(r"[\w+=~-]{64,}", re.ASCII)
GONE = "\N{HORIZONTAL ELLIPSIS}"
LONGEST_WAIT = timedelta(hours=24)  # more than that is a mistake of a gateway


def stated(response: net.Response) -> dict[str, Any]:
    """Return the JSON object that an answer is, or an empty one."""
    try:
        content = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def words(said: str, *secrets: str) -> str:
    """Keep what the other side said, cut, in one line that may be shown.

    Whoever is told a secret may repeat it, in part or in other clothes: it is left out.
    """
    # Half a character, as JSON may hold it, is none that can be kept.
    text = foreign.shown(said.encode(errors="replace").decode())
    for secret in secrets:
        for spelled in _spellings(secret):
            text = text.replace(spelled, GONE)
    return " ".join(OPAQUE.sub(GONE, text).split())[:WORDS_LIMIT]


def name(value: object, *secrets: str) -> str:
    """Return a name from outside that may be repeated, or nothing."""
    if not isinstance(value, str) or not NAME.fullmatch(value):
        return ""
    return value if words(value, *secrets) == value else ""


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


def _spellings(secret: str) -> set[str]:
    """Return how a secret may stand in a text; the whole of it, or in an address."""
    spelled = {secret, quote(secret, safe=""), quote_plus(secret), html.escape(secret)}
    return spelled - {""}


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
