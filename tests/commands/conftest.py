"""What every test of a command finds laid out."""

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from portal import clock, config
from portal.config import Config
from tests.sandbox.serving import Sandbox


@pytest.fixture
def near(house: Config, sandbox: Sandbox) -> Config:
    """Open a house from which the sandbox can be reached."""
    chosen = replace(house, login_url=sandbox.url, graph_url=sandbox.url)
    config.use(chosen)
    return chosen


@pytest.fixture
def flying(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every look at the clock find that a second is over."""
    looks, began = count(1), clock.now()
    monkeypatch.setattr(clock, "now", lambda: began + timedelta(seconds=next(looks)))
