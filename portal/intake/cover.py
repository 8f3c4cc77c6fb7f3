"""The cover: what is said around a finished mail, and not in it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Cover:
    """Who gets a mail, and who is told if they do not."""

    recipients: Sequence[str] | None = None  # None: whom its header names
    return_path: str | None = None  # "": nobody is to be told; None: not said
    ours: int = 0  # bytes of it that its door has added, and that do not count


BARE = Cover()
