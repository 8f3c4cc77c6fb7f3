"""A mail as it leaves: within what a server takes, with what its account adds."""

from portal.mail.mime.leaving.dressed import filled, replaced, with_footer
from portal.mail.mime.leaving.recoded import (
    closed,
    eight_bit,
    in_ascii,
    in_short_lines,
    international,
)

__all__ = [
    "closed",
    "eight_bit",
    "filled",
    "in_ascii",
    "in_short_lines",
    "international",
    "replaced",
    "with_footer",
]
