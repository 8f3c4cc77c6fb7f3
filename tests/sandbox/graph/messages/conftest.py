"""Who writes drafts, and how."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import EVERYTHING, graph, tokens

Call = Callable[..., requests.Response]


@pytest.fixture
def call(sandbox: Sandbox) -> Call:
    """Call Graph as admin@, with every permission."""
    token = tokens(sandbox, scope=EVERYTHING)["access_token"]

    def make(method: str, path: str, **more: Any) -> requests.Response:
        return graph(sandbox, token, method, path, **more)

    return make
