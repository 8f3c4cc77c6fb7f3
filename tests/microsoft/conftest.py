"""What every test about Microsoft finds laid out."""

from collections.abc import Iterator

import pytest

from tests.microsoft.scripted import Server, serve


@pytest.fixture
def server() -> Iterator[Server]:
    with serve() as server:
        yield server
