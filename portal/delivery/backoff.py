"""Back-off: how long what passes by itself waits before it is tried again."""

import secrets
from datetime import timedelta

FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(minutes=15)
LONGEST_PAUSE = timedelta(minutes=2)  # of a mailbox: it asks once for all that wait


def wait(tries: int, most: timedelta = LONGEST_WAIT) -> timedelta:
    """Return a time to wait: exponential, with full jitter."""
    longest = min(FIRST_WAIT * 2.0 ** min(tries, 10), most)
    return longest * secrets.SystemRandom().random()
