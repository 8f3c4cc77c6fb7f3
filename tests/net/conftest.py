"""A server that does what it is told, and settings that are put back."""

from collections.abc import Iterator

import pytest

from portal import config
from tests.microsoft.scripted import Server, serve


@pytest.fixture
def server() -> Iterator[Server]:
    with serve() as server:
        yield server


@pytest.fixture
def settings() -> Iterator[config.Config]:
    """Hand out the settings in force, and put them back afterwards."""
    settings = config.current()
    yield settings
    config.use(settings)
