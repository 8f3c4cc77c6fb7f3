"""Which explanation Gmail's replies have, to whoever submits mail by SMTP.

https://support.google.com/a/answer/3726730
"""

from portal.explanations import Explanation
from portal.explanations.google.gmail import (
    BAD_SIGN_IN,
    BLOCKED,
    BY_BROWSER,
    DAILY_LIMIT,
    THROTTLED,
)

CODES: dict[str, Explanation] = {
    "535 5.7.8": BAD_SIGN_IN,
    "534 5.7.9": BAD_SIGN_IN,  # an app password is asked for
    "534 5.7.14": BY_BROWSER,
    "550 5.4.5": DAILY_LIMIT,
    "421 4.3.0": THROTTLED,
    "421 4.4.5": THROTTLED,
    "421 4.7.0": THROTTLED,
    "454 4.7.0": THROTTLED,
    "552 5.7.0": BLOCKED,
}


def decide(status: int, code: str) -> Explanation | None:
    """Find what a reply means; None if it has no meaning of Gmail's own."""
    return CODES.get(f"{status} {code}")
