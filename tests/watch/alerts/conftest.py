"""What the tests of alerts find laid out: an account that sends, and a still clock."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from uuid import UUID

import pytest

from portal import config
from portal.config import Config
from tests.conftest import Passing
from tests.mail import backlog
from tests.microsoft.scripted import Server, serve


@pytest.fixture
def account(either_house: Config, passes: Passing) -> UUID:
    """Let the default account feed a mailbox; return its id."""
    account = backlog.account()
    backlog.open_lane(account)
    return account


@pytest.fixture
def receiver(account: UUID) -> Iterator[Server]:
    """Serve a webhook on this machine, where alerts may go."""
    with serve() as server:
        here = (ip_network("127.0.0.1/32"),)
        config.use(replace(config.current(), alert_private=here))
        yield server
