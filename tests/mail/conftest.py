"""Time for the outbox: it stands still until a test lets it pass."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from portal import clock

Passing = Callable[..., None]


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Passing:
    """Stop the clock, and let time pass when told how much: passes(seconds=5)."""
    now = [clock.now()]
    monkeypatch.setattr(clock, "now", lambda: now[0])

    def pass_(**duration: float) -> None:
        now[0] += timedelta(**duration)

    return pass_
