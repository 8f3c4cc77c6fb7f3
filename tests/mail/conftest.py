"""What the tests of mail find laid out: an account that sends."""

from uuid import UUID

import pytest

from portal.config import Config
from tests.mail import backlog


@pytest.fixture
def account(either_house: Config) -> UUID:
    """Let the default account feed a lane; return its id."""
    account = backlog.account()
    backlog.open_lane(account)
    return account
