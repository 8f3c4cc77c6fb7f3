"""Upload sessions that end early, keep silent or lead elsewhere; what they refuse."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import time_machine

from portal.sandbox.graph import limits
from tests.sandbox import contract
from tests.sandbox.graph.messages.attaching import (
    LARGE,
    RANGE,
    item,
    opened,
    put,
    small,
)
from tests.sandbox.graph.messages.conftest import Call, created
from tests.sandbox.graph.messages.drafts import NOT_FOUND, at
from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import problem

INVALID_RANGE = (400, "ErrorInvalidRange")
TOO_LARGE = (400, "ErrorMessageSizeExceeded")
STEP = 1000
SMALL = 2_000_000  # goes in one request


def session(call: Call, draft: dict[str, Any]) -> dict[str, Any]:
    """Open a session and return all that is said about it."""
    path = at(draft, "/attachments/createUploadSession")
    told: dict[str, Any] = call("POST", path, json=item()).json()
    return told


def steps(sandbox: Sandbox, url: str, count: int) -> list[requests.Response]:
    """Send so many short ranges."""
    starts = range(0, count * STEP, STEP)
    return [put(sandbox, url, start, LARGE[start : start + STEP]) for start in starts]


def test_a_session_ends_after_as_many_ranges_as_told(
    sandbox: Sandbox, call: Call, draft: dict[str, Any]
) -> None:
    sandbox.fault("session-expires", after_ranges=2)

    first, second, third = steps(sandbox, opened(call, draft), 3)

    ends = datetime.fromisoformat(second.json()["ExpirationDateTime"])
    assert datetime.fromisoformat(first.json()["ExpirationDateTime"]) > ends
    assert ends <= datetime.now(UTC)
    assert problem(third) == NOT_FOUND
    assert call("GET", at(draft, "/attachments")).json()["value"] == []
    assert put(sandbox, opened(call, draft), 0, LARGE).status_code == 201


def test_a_session_ends_when_it_said_it_would(
    sandbox: Sandbox, call: Call, draft: dict[str, Any]
) -> None:
    sandbox.fault("session-expires", after_seconds=60)
    told = session(call, draft)
    ends = datetime.fromisoformat(told["expirationDateTime"])

    with time_machine.travel(ends - timedelta(seconds=5)):
        [before] = steps(sandbox, told["uploadUrl"], 1)
    with time_machine.travel(ends + timedelta(seconds=2)):
        after = put(sandbox, told["uploadUrl"], STEP, LARGE[STEP:])

    assert (before.status_code, problem(after)) == (200, NOT_FOUND)


def test_a_session_keeps_silent_about_where_it_stands(
    sandbox: Sandbox, call: Call, draft: dict[str, Any]
) -> None:
    url = opened(call, draft)
    sandbox.fault("session-silent")

    answer = contract.check(sandbox.session.get(url, timeout=9))

    assert answer.status_code == 405
    assert put(sandbox, url, 0, LARGE).status_code == 201


def test_the_casing_of_keys_varies(
    sandbox: Sandbox, call: Call, draft: dict[str, Any]
) -> None:
    sandbox.fault("keys-vary")

    first, second, third = steps(sandbox, opened(call, draft), 3)

    assert {"ExpirationDateTime", "NextExpectedRanges"} <= first.json().keys()
    assert {"expirationDateTime", "nextExpectedRanges"} <= second.json().keys()
    assert first.json().keys() == third.json().keys()


def test_an_upload_may_lead_to_another_host(
    sandbox: Sandbox, call: Call, draft: dict[str, Any]
) -> None:
    sandbox.fault("upload-elsewhere")

    elsewhere, here = (session(call, draft)["uploadUrl"] for _ in range(2))

    assert urlsplit(elsewhere)[:2] == ("https", "uploads.example.invalid")
    assert here.startswith(sandbox.url)


def test_an_upload_leads_where_it_was_told_to(
    sandbox: Sandbox, call: Call, draft: dict[str, Any]
) -> None:
    sandbox.fault("upload-elsewhere", host="http://10.0.0.1")

    assert session(call, draft)["uploadUrl"].startswith("http://10.0.0.1/api/gv1.0/")


@pytest.mark.parametrize(
    ("start", "end"), [(0, STEP), (STEP - 1, 2 * STEP), (STEP + 1, 2 * STEP)]
)
def test_a_range_that_was_taken_or_leaves_a_gap_changes_nothing(
    sandbox: Sandbox, call: Call, draft: dict[str, Any], start: int, end: int
) -> None:
    url = opened(call, draft)
    steps(sandbox, url, 1)

    answer = put(sandbox, url, start, LARGE[start:end])

    assert problem(answer) == INVALID_RANGE
    stands = sandbox.session.get(url, timeout=9).json()
    assert stands["nextExpectedRanges"] == [str(STEP)]
    assert put(sandbox, url, STEP, LARGE[STEP:]).status_code == 201


def attempt(
    sandbox: Sandbox, call: Call, draft: dict[str, Any], url: str, what: str
) -> int | None:
    """Make a request that adds to a draft; return its status, None without one."""
    path = at(draft, "/attachments")
    try:
        if what == "PUT ":
            answer = put(sandbox, url, 0, LARGE[:STEP])
        elif what == "/createUploadSession":
            answer = call("POST", f"{path}{what}", json=item(), unchecked=True)
        else:
            answer = call("POST", path, json=small(), unchecked=True)
    except requests.RequestException:
        return None
    return answer.status_code


@pytest.mark.parametrize("only", ["PUT ", "/createUploadSession", "/attachments "])
@pytest.mark.parametrize(
    ("kind", "status", "taken"),
    [
        ("429", 429, False),
        ("503", 503, False),
        ("error", 507, False),
        ("504", 504, False),
        ("504-accepted", 504, True),
        ("reset-early", None, False),
        ("reset-body", None, False),
        ("dropped", None, False),
        ("dropped-accepted", None, True),
        ("truncated", None, False),
        ("truncated-accepted", None, True),
    ],
)
def test_every_fault_can_meet_a_file_and_nothing_else(
    sandbox: Sandbox, call: Call, only: str, kind: str, status: int | None, taken: bool
) -> None:
    sandbox.fault(kind, only=only)
    draft = created(call)
    url = opened(call, draft) if only == "PUT " else ""

    answers = [attempt(sandbox, call, draft, url, only) for _ in range(2)]

    fine = 200 if only == "PUT " else 201
    again = 400 if taken and only == "PUT " else fine
    assert answers == [status, again]
    if only == "/attachments ":
        files = call("GET", at(draft, "/attachments")).json()["value"]
        assert len(files) == 1 + taken


def test_a_fault_meets_who_asks_where_an_upload_stands(
    sandbox: Sandbox, call: Call, draft: dict[str, Any]
) -> None:
    url = opened(call, draft)
    sandbox.fault("503", only="GET /api/")
    sandbox.fault("503", only="DELETE /api/")

    assert sandbox.session.get(url, timeout=9).status_code == 503
    assert sandbox.session.delete(url, timeout=9).status_code == 503
    assert put(sandbox, url, 0, LARGE).status_code == 201


def test_a_sent_draft_takes_no_files(
    sandbox: Sandbox, call: Call, draft: dict[str, Any]
) -> None:
    url = opened(call, draft)
    call("POST", at(draft, "/send"))

    path = at(draft, "/attachments")
    answers = [
        call("POST", path, json=small()),
        call("POST", f"{path}/createUploadSession", json=item()),
        call("GET", path),
        put(sandbox, url, 0, LARGE[:STEP]),
    ]

    assert [problem(each) for each in answers] == [NOT_FOUND] * 4


def test_a_session_ends_with_its_draft(
    sandbox: Sandbox, call: Call, draft: dict[str, Any]
) -> None:
    url = opened(call, draft)
    steps(sandbox, url, 1)

    call("DELETE", at(draft))

    assert problem(put(sandbox, url, STEP, LARGE[STEP:])) == NOT_FOUND
    assert problem(sandbox.session.get(url, timeout=9)) == NOT_FOUND
    assert problem(call("POST", at(draft, "/attachments"), json=small())) == NOT_FOUND


def test_the_file_that_is_too_much_is_refused_wherever_it_crosses(
    sandbox: Sandbox,
    call: Call,
    draft: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = 2 * len(LARGE) * 4 // 3 + SMALL
    monkeypatch.setattr(limits, "MAILBOX_BYTES", room)
    for _ in range(2):
        assert put(sandbox, opened(call, draft), 0, LARGE).status_code == 201
    path = at(draft, "/attachments")

    alone = call("POST", path, json=small(b"x" * SMALL))
    url = opened(call, draft)
    first, second = (
        put(sandbox, url, start, LARGE[start : start + RANGE // 2])
        for start in (0, RANGE // 2)
    )

    assert problem(alone) == TOO_LARGE
    assert (first.status_code, problem(second)) == (200, TOO_LARGE)
    sandbox.fault("large-messages")
    assert call("POST", path, json=small(b"x" * SMALL)).status_code == 201
    assert put(sandbox, url, RANGE // 2, LARGE[RANGE // 2 :]).status_code == 201
    sandbox.session.delete(f"{sandbox.url}/faults.json", timeout=9)
    assert problem(call("POST", at(draft, "/send"))) == TOO_LARGE
    sandbox.fault("large-messages")
    assert call("POST", at(draft, "/send")).status_code == 202
    assert len(sandbox.mails()[0]["attachments"]) == 4


def test_the_calls_of_an_upload_can_be_counted(
    sandbox: Sandbox, call: Call, draft: dict[str, Any]
) -> None:
    url = opened(call, draft)
    sandbox.fault("dropped-accepted", only="PUT ")
    with pytest.raises(requests.ConnectionError):
        put(sandbox, url, 0, LARGE[:RANGE])
    put(sandbox, url, RANGE, LARGE[RANGE:])

    [first, second] = sandbox.calls("PUT ")

    assert (first["bytes"], first["status"]) == (RANGE, None)
    assert (second["bytes"], second["status"]) == (len(LARGE) - RANGE, 201)
    assert "/attachmentsessions" in second["path"]
    assert "authtoken" not in second["path"]
    [opening] = sandbox.calls("/createUploadSession")
    assert (opening["method"], opening["status"]) == ("POST", 201)


def test_calls_are_forgotten_with_the_mails(sandbox: Sandbox, call: Call) -> None:
    created(call)
    assert sandbox.calls() != []

    sandbox.clear()

    assert sandbox.calls() == []
