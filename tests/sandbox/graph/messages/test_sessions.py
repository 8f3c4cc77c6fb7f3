"""Upload sessions: ranges in order, as long as they say, from nobody else."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
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
from tests.sandbox.graph.messages.drafts import at
from tests.sandbox.serving import TIMEOUT_SECONDS, Sandbox
from tests.sandbox.walking import problem

CONFLICT = (412, "ErrorIrresolvableConflict")


@pytest.fixture
def upload_url(call: Call, draft: dict[str, Any]) -> str:
    """Open a session for a large file of the draft."""
    return opened(call, draft)


def test_a_large_file_does_not_go_in_one_request(
    call: Call, draft: dict[str, Any]
) -> None:
    answer = call("POST", at(draft, "/attachments"), json=small(b"x" * 3 * 1024 * 1024))

    assert answer.status_code == 413


def test_a_large_file_goes_in_ranges(
    sandbox: Sandbox, call: Call, draft: dict[str, Any], upload_url: str
) -> None:
    first = put(sandbox, upload_url, 0, LARGE[:RANGE])
    last = put(sandbox, upload_url, RANGE, LARGE[RANGE:])
    call("POST", at(draft, "/send"))

    assert first.status_code == 200
    assert first.json()["nextExpectedRanges"] == [str(RANGE)]
    assert (last.status_code, last.content) == (201, b"")
    assert "/Attachments('" in last.headers["Location"]
    (file,) = sandbox.mails()[0]["attachments"]
    assert (file["name"], file["type"]) == ("plans.bin", "application/x-plans")
    assert file["sha256"] == hashlib.sha256(LARGE).hexdigest()


@pytest.mark.parametrize(
    ("expected", "more"),
    [
        ((400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize"), {"size": 100}),
        ((400, "ErrorMessageSizeExceeded"), {"size": 200 * 1024 * 1024}),
        (
            (405, "ErrorAttachmentSessionIsSupportedOnlyForFileAttachments"),
            {"attachmentType": "item"},
        ),
        ((400, "RequestBodyRead"), {"name": ""}),
        ((400, "RequestBodyRead"), {"size": None}),
        ((400, "RequestBodyRead"), {"colour": "red"}),
    ],
)
def test_a_session_is_refused(
    call: Call,
    draft: dict[str, Any],
    expected: tuple[int, str],
    more: dict[str, Any],
) -> None:
    path = at(draft, "/attachments/createUploadSession")

    assert problem(call("POST", path, json=item(**more))) == expected


def test_a_bearer_token_has_no_place_in_an_upload(
    sandbox: Sandbox, upload_url: str
) -> None:
    answer = put(sandbox, upload_url, 0, LARGE[:RANGE], Authorization="Bearer x")

    assert problem(answer) == (401, "InvalidAudienceForResource")


def test_ranges_come_in_order_and_as_long_as_they_say(
    sandbox: Sandbox, upload_url: str
) -> None:
    wrong = [
        put(sandbox, upload_url, 100, LARGE[100:200]),
        put(sandbox, upload_url, 0, b"xy", **{"Content-Range": "bytes 0-9/3584000"}),
        put(sandbox, upload_url, 0, b"xy", **{"Content-Range": "bytes 0-1/2"}),
        put(sandbox, upload_url, 0, b"xy", **{"Content-Range": "0-1"}),
    ]

    assert [problem(each) for each in wrong] == [(400, "ErrorInvalidRange")] * 4
    assert put(sandbox, upload_url, 0, LARGE[:10]).status_code == 200


def test_a_range_is_four_megabytes_at_most(sandbox: Sandbox, call: Call) -> None:
    url = opened(call, created(call), size=len(LARGE))

    answer = put(sandbox, url, 0, b"x" * (limits.REQUEST_BYTES + 1))

    assert answer.status_code == 413


def test_a_session_is_resumed_cancelled_and_gone(
    sandbox: Sandbox, upload_url: str
) -> None:
    put(sandbox, upload_url, 0, LARGE[:10])

    progress = contract.check(sandbox.session.get(upload_url, timeout=9))
    ended = contract.check(sandbox.session.delete(upload_url, timeout=9))

    assert progress.json()["nextExpectedRanges"] == ["10"]
    assert ended.status_code == 204
    again = put(sandbox, upload_url, 10, LARGE[10:20])
    assert problem(again) == (404, "ErrorItemNotFound")


def test_a_session_expires(sandbox: Sandbox, upload_url: str) -> None:
    with time_machine.travel(timedelta(hours=25)):
        answer = put(sandbox, upload_url, 0, LARGE[:10])

    assert problem(answer) == (404, "ErrorItemNotFound")


def test_a_draft_that_is_uploaded_to_is_not_changed_meanwhile(
    sandbox: Sandbox, call: Call, draft: dict[str, Any], upload_url: str
) -> None:
    path = at(draft, "/attachments")
    file = call("POST", path, json=small()).json()
    sandbox.fault("hang", only="PUT ", after_seconds=TIMEOUT_SECONDS)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(put, sandbox, upload_url, 0, LARGE[:10])
        while sandbox.session.get(f"{sandbox.url}/faults.json", timeout=9).json():
            pass
        answers = [
            call("PATCH", at(draft), json={"subject": "changed"}),
            call("POST", path, json=small()),
            call("DELETE", f"{path}/{file['id']}"),
            call("POST", at(draft, "/send")),
        ]
        sandbox.session.delete(f"{sandbox.url}/faults.json", timeout=9)

    assert [problem(each) for each in answers] == [CONFLICT] * 4
    assert call("POST", at(draft, "/send")).status_code == 202


def test_an_upload_can_go_wrong_too(sandbox: Sandbox, upload_url: str) -> None:
    sandbox.fault("503", only="PUT ")

    assert put(sandbox, upload_url, 0, LARGE[:10]).status_code == 503
    assert put(sandbox, upload_url, 0, LARGE[:10]).status_code == 200
