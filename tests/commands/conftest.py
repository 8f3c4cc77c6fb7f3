"""What every test of a command finds laid out."""

from dataclasses import replace

import pytest

from portal import config
from portal.config import Config
from tests.sandbox.serving import Sandbox


@pytest.fixture
def near(house: Config, sandbox: Sandbox) -> Config:
    """Open a house from which the sandbox can be reached."""
    chosen = replace(house, login_url=sandbox.url, graph_url=sandbox.url)
    config.use(chosen)
    return chosen
