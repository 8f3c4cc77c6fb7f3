"""What the tests of a fallback find laid out: two accounts, one behind the other."""

from uuid import UUID

import pytest

from portal.config import Config
from tests.delivery.fallback import standing_in


@pytest.fixture
def pair(either_house: Config) -> tuple[UUID, UUID]:
    """Let the default account fall back on another; return the ids of both."""
    return standing_in.pair()
