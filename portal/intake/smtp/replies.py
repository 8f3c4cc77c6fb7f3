"""What the SMTP door says: an error as a reply, and every reply with its code.

Codes are those of RFC 5321 section 4.2.3 and RFC 3463.
"""

import re

from portal.errors import (
    CannotDecrypt,
    DatabaseAway,
    InvalidMessage,
    NoRoom,
    NotAllowed,
    NotAuthorized,
    PortalError,
    Refused,
    TooLarge,
    TooManyMessages,
)
from portal.intake.smtp.data import Bare

REPLY: dict[type[BaseException], str] = {
    Bare: "550 5.6.0",
    InvalidMessage: "554 5.6.0",
    TooLarge: "552 5.3.4",
    NotAuthorized: "535 5.7.8",
    NotAllowed: "550 5.7.1",
    TooManyMessages: "450 4.7.1",
    Refused: "554 5.6.0",
    CannotDecrypt: "451 4.3.5",
    NoRoom: "452 4.3.1",
    DatabaseAway: "451 4.3.0",
    PortalError: "451 4.3.0",
}
# Of the replies that the library words itself.
ENHANCED = {
    "221": "2.0.0",
    "235": "2.7.0",
    "250": "2.0.0",
    "252": "2.5.0",
    "454": "4.7.0",
    "500": "5.5.2",
    "501": "5.5.4",
    "502": "5.5.1",
    "503": "5.5.1",
    "538": "5.7.11",
    "554": "5.7.0",
    "555": "5.5.4",
}
LONGEST = 500  # bytes of a reply; RFC 5321 section 4.5.3.1.5 allows 512
_UNPRINTABLE = re.compile(r"[^ -~]")
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3} ")


def refusal(error: PortalError) -> str:
    """Say an error as a reply."""
    code = next(REPLY[kind] for kind in type(error).__mro__ if kind in REPLY)
    return f"{code} {error}"


def enhanced(reply: str) -> str:
    """Return a reply with its enhanced code, as RFC 2034 section 4 wants it.

    It is one line of ASCII, whatever of a client's words is repeated in it.
    """
    code, text = reply[:3], reply[4:]
    if code in ENHANCED and not _ENHANCED.match(text):
        text = f"{ENHANCED[code]} {text}"
    return f"{code} {_UNPRINTABLE.sub('?', text)}"[:LONGEST]
