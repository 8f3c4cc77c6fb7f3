"""A mail as it leaves: within what a server takes, with what its account adds."""

from portal.mail.mime.leaving.recoded import (
    eight_bit,
    in_ascii,
    in_short_lines,
    international,
)

__all__ = ["eight_bit", "in_ascii", "in_short_lines", "international"]
