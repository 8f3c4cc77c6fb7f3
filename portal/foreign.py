"""Words of strangers: what servers reply, subjects of mail, as they may be shown."""

import re

# What ends a line somewhere, or tells a terminal to do something.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# What turns the direction of writing, so that a name reads as another: UAX 9 section 2.
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def shown(text: str) -> str:
    """Return a text on one line that reads as it is written; never what is sent."""
    return _TURNING.sub("", _CONTROL.sub(" ", text))
