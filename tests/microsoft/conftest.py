"""What every test about Microsoft finds laid out."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from portal.microsoft.login import Registration
from tests.microsoft import cast
from tests.microsoft.scripted import Server, serve
from tests.sandbox.serving import Sandbox


@pytest.fixture
def server() -> Iterator[Server]:
    with serve() as server:
        yield server


@pytest.fixture
def login_url(server: Server) -> str:
    """Return an address that no test used before: what is found there is kept."""
    return f"{server.url}/{uuid4()}"


@pytest.fixture
def app(sandbox: Sandbox) -> Registration:
    """Hand out the application as the sandbox knows it."""
    return cast.registration(sandbox.url)
