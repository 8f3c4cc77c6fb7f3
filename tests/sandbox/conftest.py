"""One sandbox for these tests, emptied before each; a fresh one to consent in."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.serving import Sandbox, serve


@pytest.fixture(scope="session")
def served() -> Iterator[Sandbox]:
    """Serve a sandbox as long as these tests run."""
    with serve() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(served: Sandbox) -> Sandbox:
    """Hand out the sandbox without mails and faults; consents are there or not."""
    served.clear()
    return served


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Sandbox]:
    """Serve a sandbox to which nobody has consented yet."""
    with serve(state=tmp_path / "sandbox.db") as sandbox:
        yield sandbox


@pytest.fixture
def unused_tcp_port() -> int:
    """Return a port of this machine nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
