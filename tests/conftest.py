"""What every test finds laid out: a clean environment, and a PostgreSQL if it asks."""

import os
from collections.abc import Iterator

import hypothesis
import pytest

from tests import postgres

# How long an example takes says more about the machine than about us.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def clean_environment() -> Iterator[None]:
    """Forget what this machine has set: tests say what they want."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith("PORTAL_") or name.lower().endswith("_proxy"):
                patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """Run one PostgreSQL for all the tests of this process."""
    with postgres.serve() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: postgres.Server) -> Iterator[str]:
    """Hand out the URL of an empty PostgreSQL database."""
    with postgres_server.database() as url:
        yield url
