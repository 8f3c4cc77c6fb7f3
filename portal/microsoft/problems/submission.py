"""Which explanation Exchange Online's replies have, to whoever submits mail by SMTP.

https://learn.microsoft.com/exchange/troubleshoot/email-delivery/fix-issues-with-printers-scanners-and-lob-applications-that-send-email-using-off
"""

import re

from portal.explanations import Explanation
from portal.explanations.exchange import (
    BAD_SIGN_IN,
    NO_PASSWORDS,
    NOT_SIGNED_IN,
    STOPPED,
    SWITCHED_OFF,
)
from portal.explanations.graph import (
    MAILBOX_FULL,
    NO_SEND_AS,
    OVER_QUOTA,
    SENDER_BLOCKED,
    THROTTLED,
)

CODES: dict[str, Explanation] = {
    "535 5.7.3": BAD_SIGN_IN,
    "535 5.7.139": SWITCHED_OFF,
    "530 5.7.57": NOT_SIGNED_IN,
    "550 5.7.57": NOT_SIGNED_IN,
    "535 5.7.57": NOT_SIGNED_IN,
    "550 5.7.30": NO_PASSWORDS,
    "535 5.7.30": NO_PASSWORDS,
    "550 5.7.60": NO_SEND_AS,
    "554 5.2.252": NO_SEND_AS,
    **{f"550 5.2.{number}": STOPPED for number in range(251, 256)},
    "550 5.1.8": SENDER_BLOCKED,
    "554 5.2.2": MAILBOX_FULL,
    "432 4.3.2": THROTTLED,
    "421 4.4.2": THROTTLED,
}
# What every 5.2.0 has in common is that the mailbox's store refused it; why it did is
# told by the name of the exception.
EXCEPTION = re.compile(r"Exception:(\w+?)Exception\b")
EXCEPTIONS: dict[str, Explanation] = {
    "SendAsDenied": NO_SEND_AS,
    "SubmissionQuotaExceeded": OVER_QUOTA,
    "QuotaExceeded": MAILBOX_FULL,
}
# Any other 4xx may be the word of a server behind it, which Exchange only passes on.
OTHERWISE: dict[int, Explanation] = {432: THROTTLED}
# Said of a recipient, these are about the recipient's mailbox.
OF_RECIPIENT = frozenset({MAILBOX_FULL, OVER_QUOTA})
OF_PASSWORD = frozenset({BAD_SIGN_IN})  # said of a token, it advises wrongly


def decide(status: int, code: str, text: str) -> Explanation | None:
    """Find what a reply means; None if it has no meaning of Exchange's own.

    `code` is the enhanced one, `text` all that was said.
    """
    named = EXCEPTION.search(text)
    by_name = EXCEPTIONS.get(named[1]) if named and status >= 500 else None
    return CODES.get(f"{status} {code}") or by_name or OTHERWISE.get(status)
