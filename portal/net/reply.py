"""What an answer says, as far as every other side says it alike."""

import html
import json
import math
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote

from portal import foreign, net
from portal.errors import WORDS_LIMIT

READ_LIMIT = 16 * 1024  # characters of what was said that are looked at
PART = 16  # characters of a secret, in a row, that nobody may see
NAME = re.compile(r"[\w.-]{1,100}", re.ASCII)  # of a code or a request; no text
# A piece of a token is longer than any word, or than a part of a host's name may be.
OPAQUE = re.compile(r"[\w+=~-]{64,}", re.ASCII)
# One character, as it is or as addresses, JSON or HTML spell it; or some in a row.
SPELLED = re.compile(
    r"(?:%[0-9A-Fa-f]{2})+|(?:\\u[0-9A-Fa-f]{4})+|\\[\"\\/bfnrt]|&#?\w{1,10};|.",
    re.ASCII | re.DOTALL,
)
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

    Whoever is told a secret may repeat it, in other clothes too: it is left out, and so
    are `PART` characters of it in a row, or more.
    """
    # Half a character, as JSON may hold it, is none that can be kept.
    text = foreign.shown(said.encode(errors="replace").decode())
    text = " ".join(text.split())[:READ_LIMIT]
    for secret in secrets:
        text = _without(secret, text)
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


def _without(secret: str, text: str) -> str:
    """Leave a secret out of a text, and each long part of it, however it is spelled."""
    letters = _letters(text)
    hidden = _repeated(secret, "".join(each for each, _, _ in letters))
    kept, end = "", 0
    for at in sorted(hidden):
        _, start, after = letters[at]
        if at - 1 not in hidden:
            kept += text[end:start] + GONE
        end = after
    return kept + text[end:]


def _repeated(secret: str, bare: str) -> set[int]:
    """Return where some of a secret is repeated."""
    # It may itself look as if it was spelled.
    wholes = {_bare(secret), "".join(each for each, _, _ in _letters(secret))} - {""}
    parts = {
        whole[at : at + PART]
        for whole in wholes
        for at in range(max(1, len(whole) - PART + 1))
    }
    sizes = {len(part) for part in parts}
    found = (
        range(at, at + size)
        for size in sizes
        for at in range(len(bare) - size + 1)
        if bare[at : at + size] in parts
    )
    return {each for places in found for each in places}


def _letters(text: str) -> list[tuple[str, int, int]]:
    """Return what a text spells, each with where it begins and ends there."""
    return [
        (each, *found.span())
        for found in SPELLED.finditer(text)
        for each in _bare(_read(found[0]))
    ]


def _bare(text: str) -> str:
    """Return it without case, or space, which an address may write as +."""
    return "".join(c for c in text.casefold() if c.isprintable() and c not in " +")


def _read(spelled: str) -> str:
    if len(spelled) == 1:
        return spelled
    if spelled[0] == "\\":
        return str(json.loads(f'"{spelled}"'))
    return unquote(spelled) if spelled[0] == "%" else html.unescape(spelled)


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
