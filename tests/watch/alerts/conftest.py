"""What the tests of alerts find laid out: an account that sends, and a still clock."""

from uuid import UUID

import pytest

from portal.config import Config
from tests.conftest import Passing
from tests.mail import backlog


@pytest.fixture
def account(either_house: Config, passes: Passing) -> UUID:
    """Let the default account feed a mailbox; return its id."""
    account = backlog.account()
    backlog.open_lane(account)
    return account
