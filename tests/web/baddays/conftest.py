"""What the tests of bad days find laid out: one Microsoft for all of a file."""

from collections.abc import Iterator

import pytest

from tests.sandbox.serving import Sandbox, serve


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    """Serve one sandbox for a file; nothing of one test hinders the next."""
    with serve() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(served: Sandbox) -> Sandbox:
    """Hand it out without a fault."""
    served.clear()
    return served
