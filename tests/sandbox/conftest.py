"""One sandbox for this folder, emptied before each test."""

from collections.abc import Iterator

import pytest

from tests.sandbox.serving import Sandbox, serve


@pytest.fixture(scope="package")
def served() -> Iterator[Sandbox]:
    """Serve a sandbox as long as this folder's tests run."""
    with serve() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(served: Sandbox) -> Sandbox:
    """Hand out the sandbox without mails and faults."""
    served.clear()
    return served
