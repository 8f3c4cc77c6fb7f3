"""What these tests find laid out: a webhook that the environment names."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network

import pytest

from portal import config
from portal.config import Config
from tests.conftest import Passing
from tests.microsoft.scripted import Server, serve


@pytest.fixture
def hook(settings: Config, passes: Passing) -> Iterator[Server]:
    """Serve it on this machine, and let settings name it; the clock stands still."""
    settings.instance.mkdir(exist_ok=True)
    with serve() as server:
        here = (ip_network("127.0.0.1/32"),)
        url = f"{server.url}/geheim"
        config.use(replace(settings, alert_webhook=url, alert_private=here))
        yield server
