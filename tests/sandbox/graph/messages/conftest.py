"""Who writes drafts, and how."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import EVERYTHING, graph, letter, tokens

Call = Callable[..., requests.Response]


@pytest.fixture
def call(sandbox: Sandbox) -> Call:
    """Call Graph as admin@, with every permission."""
    token = tokens(sandbox, scope=EVERYTHING)["access_token"]

    def make(method: str, path: str, **more: Any) -> requests.Response:
        return graph(sandbox, token, method, path, **more)

    return make


def created(call: Call, **more: Any) -> dict[str, Any]:
    """Create a draft and return it."""
    answer = call("POST", "/me/messages", **({"json": letter()} | more))
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


@pytest.fixture
def draft(call: Call) -> dict[str, Any]:
    """Create a draft."""
    return created(call)
