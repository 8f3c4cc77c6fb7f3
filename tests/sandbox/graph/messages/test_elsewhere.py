"""Files of drafts in another mailbox: who may add them, and by which right."""

import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
import requests

from tests.sandbox.graph.messages.attaching import LARGE, RANGE, item, put, small
from tests.sandbox.graph.messages.drafts import NOT_FOUND
from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import (
    ADMIN,
    EVERYTHING,
    NOREPLY,
    REPORTS,
    SHARED,
    application_token,
    graph,
    letter,
    problem,
    tokens,
)

BASE = f"/users/{NOREPLY}/messages"


def by_full_access(sandbox: Sandbox) -> str:
    """Return the token of somebody with Full Access and Send As."""
    return str(tokens(sandbox, ADMIN, EVERYTHING)["access_token"])


@pytest.fixture(params=[by_full_access, application_token])
def token(sandbox: Sandbox, request: pytest.FixtureRequest) -> str:
    """Return what may write in another mailbox."""
    take: Callable[[Sandbox], str] = request.param
    return take(sandbox)


def path(draft: dict[str, Any], rest: str = "") -> str:
    """Return where a draft of the other mailbox is."""
    return f"{BASE}/{quote(draft['id'], safe='')}{rest}"


def created(sandbox: Sandbox, token: str) -> dict[str, Any]:
    """Create a draft in the other mailbox."""
    draft: dict[str, Any] = graph(sandbox, token, "POST", BASE, json=letter()).json()
    return draft


def opened(sandbox: Sandbox, token: str, draft: dict[str, Any]) -> requests.Response:
    """Ask for a session there."""
    where = path(draft, "/attachments/createUploadSession")
    return graph(sandbox, token, "POST", where, json=item())


def test_files_go_into_another_mailbox(sandbox: Sandbox, token: str) -> None:
    draft = created(sandbox, token)

    single = path(draft, "/attachments")
    assert graph(sandbox, token, "POST", single, json=small()).status_code == 201
    url = opened(sandbox, token, draft).json()["uploadUrl"]
    put(sandbox, url, 0, LARGE[:RANGE])
    put(sandbox, url, RANGE, LARGE[RANGE:])
    listed = graph(sandbox, token, "GET", single).json()["value"]
    assert graph(sandbox, token, "POST", path(draft, "/send")).status_code == 202

    assert [each["name"] for each in listed] == ["a.txt", "plans.bin"]
    [mail] = sandbox.mails("hello")
    assert (mail["from"], mail["mailbox"]) == (NOREPLY, NOREPLY)
    digests = [each["sha256"] for each in mail["attachments"]]
    assert digests == [hashlib.sha256(each).hexdigest() for each in (b"hello", LARGE)]


def test_what_is_over_is_gone_there_too(sandbox: Sandbox, token: str) -> None:
    sandbox.fault("session-expires")
    draft = created(sandbox, token)
    url = opened(sandbox, token, draft).json()["uploadUrl"]
    put(sandbox, url, 0, LARGE[:RANGE])
    assert problem(put(sandbox, url, RANGE, LARGE[RANGE:])) == NOT_FOUND

    graph(sandbox, token, "POST", path(draft, "/send"))

    assert problem(opened(sandbox, token, draft)) == NOT_FOUND


def test_without_full_access_there_is_no_session(sandbox: Sandbox) -> None:
    draft = created(sandbox, application_token(sandbox))
    token = tokens(sandbox, REPORTS, EVERYTHING)["access_token"]

    answer = opened(sandbox, token, draft)

    assert problem(answer) == (403, "ErrorAccessDenied")


def test_full_access_without_its_scope_is_none(fresh: Sandbox) -> None:
    draft = {"id": "any"}  # an approval for all would bring the scope with it
    scope = f"{SHARED} Mail.ReadWrite"
    token = tokens(fresh, ADMIN, scope)["access_token"]

    single = path(draft, "/attachments")
    answers = [
        opened(fresh, token, draft),
        graph(fresh, token, "POST", single, json=small()),
    ]

    assert [problem(each) for each in answers] == [(403, "ErrorAccessDenied")] * 2
