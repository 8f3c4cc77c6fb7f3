"""Waiting for what another process or thread is about to do."""

import threading
from collections.abc import Callable
from time import monotonic

LOOK_SECONDS = 0.05


def until(holds: Callable[[], object], seconds: float = 20) -> None:
    """Return as soon as it holds; fail if it does not in time."""
    never = threading.Event()
    end = monotonic() + seconds
    while not holds():
        assert monotonic() < end, "It did not come true in time."
        never.wait(LOOK_SECONDS)
