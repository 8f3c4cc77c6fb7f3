"""Attachments of a draft: one request each, or ranges of a session."""

import hashlib
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
import requests
import time_machine

from portal.sandbox.graph import limits
from tests.sandbox import contract
from tests.sandbox.graph.messages.conftest import Call, created
from tests.sandbox.graph.messages.test_drafts import MIME, at
from tests.sandbox.serving import TIMEOUT_SECONDS, Sandbox
from tests.sandbox.walking import problem

LARGE = bytes(range(256)) * 4 * 3500  # 3.6 MB
RANGE = 2_000_000
CONFLICT = (412, "ErrorIrresolvableConflict")


def small(content: bytes = b"hello", **more: Any) -> dict[str, Any]:
    """Return a file for one request."""
    return {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": "a.txt",
        "contentType": "text/plain",
        "contentBytes": b64encode(content).decode(),
        **more,
    }


def item(size: int = len(LARGE), **more: Any) -> dict[str, Any]:
    """Return the body that opens a session."""
    return {
        "AttachmentItem": {
            "attachmentType": "file",
            "name": "plans.bin",
            "contentType": "application/x-plans",
            "size": size,
            **more,
        }
    }


@pytest.fixture
def upload_url(call: Call, draft: dict[str, Any]) -> str:
    """Open a session for a large file of the draft."""
    return opened(call, draft)


def opened(call: Call, draft: dict[str, Any], **more: Any) -> str:
    """Open a session and return its address."""
    path = at(draft, "/attachments/createUploadSession")
    answer = call("POST", path, json=item(**more))
    assert answer.status_code == 201, answer.text
    assert answer.json()["nextExpectedRanges"] == ["0-"]
    return str(answer.json()["uploadUrl"])


def put(
    sandbox: Sandbox, url: str, start: int, content: bytes, **headers: str
) -> requests.Response:
    """Send one range of the large file."""
    last = start + len(content) - 1
    answer = sandbox.session.put(
        url,
        data=content,
        headers={
            "Content-Type": "application/octet-stream",
            "Content-Range": f"bytes {start}-{last}/{len(LARGE)}",
            **headers,
        },
        timeout=TIMEOUT_SECONDS,
    )
    return contract.check(answer)


def test_a_small_file_goes_in_one_request(sandbox: Sandbox, call: Call) -> None:
    draft = created(call)

    answer = call("POST", at(draft, "/attachments"), json=small())
    call("POST", at(draft, "/send"))

    assert answer.status_code == 201
    assert answer.json()["name"] == "a.txt"
    (file,) = sandbox.mails()[0]["attachments"]
    assert file["sha256"] == hashlib.sha256(b"hello").hexdigest()


def test_an_inline_picture_does_not_count_as_attachment(
    sandbox: Sandbox, call: Call, draft: dict[str, Any]
) -> None:
    picture = small(isInline=True, contentId="logo", contentType="image/png")

    call("POST", at(draft, "/attachments"), json=picture)

    assert call("GET", at(draft)).json()["hasAttachments"] is False
    call("POST", at(draft, "/send"))
    (file,) = sandbox.mails()[0]["attachments"]
    assert (file["inline"], file["content_id"]) == (True, "logo")


def test_files_can_be_listed_and_taken_away(call: Call, draft: dict[str, Any]) -> None:
    path = at(draft, "/attachments")
    file = call("POST", path, json=small()).json()

    assert [each["id"] for each in call("GET", path).json()["value"]] == [file["id"]]
    assert call("DELETE", f"{path}/{file['id']}").status_code == 204
    assert call("GET", path).json()["value"] == []


def test_the_size_that_is_shown_is_more_than_the_content(
    sandbox: Sandbox, call: Call, draft: dict[str, Any], upload_url: str
) -> None:
    told = call("POST", at(draft, "/attachments"), json=small()).json()
    put(sandbox, upload_url, 0, LARGE)

    listed = call("GET", at(draft, "/attachments")).json()["value"]

    sizes = [told["size"] - 5, listed[0]["size"] - 5, listed[1]["size"] - len(LARGE)]
    assert all(100 < each < 1000 for each in sizes)


def test_files_are_listed_as_they_were_labelled(
    sandbox: Sandbox, call: Call, draft: dict[str, Any]
) -> None:
    url = opened(call, draft, isInline=True, contentId="plan")
    put(sandbox, url, 0, LARGE)

    [file] = call("GET", at(draft, "/attachments")).json()["value"]

    assert (file["isInline"], file["contentId"]) == (True, "plan")
    assert (file["name"], file["contentType"]) == ("plans.bin", "application/x-plans")


@pytest.mark.parametrize(
    ("select", "names"),
    [
        ("id,name,size", {"id", "name", "size"}),
        ("isInline, contentType", {"id", "isInline", "contentType"}),
        ("microsoft.graph.fileAttachment/contentId", {"id", "contentId"}),
    ],
)
def test_of_files_only_what_was_selected_is_listed(
    call: Call, draft: dict[str, Any], select: str, names: set[str]
) -> None:
    path = at(draft, "/attachments")
    call("POST", path, json=small(contentId="a"))

    [file] = call("GET", path, params={"$select": select}).json()["value"]

    assert {name for name in file if not name.startswith("@")} == names


def test_a_content_id_is_not_selected_as_if_any_attachment_had_one(
    call: Call, draft: dict[str, Any]
) -> None:
    path = at(draft, "/attachments")
    call("POST", path, json=small(contentId="a"))

    answer = call("GET", path, params={"$select": "id,contentId"})

    assert problem(answer) == (400, "RequestBroker--ParseUri")


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


def test_a_finished_mail_gets_files_beside_it(sandbox: Sandbox, call: Call) -> None:
    draft = created(call, json=None, data=b64encode(MIME))
    put(sandbox, opened(call, draft), 0, LARGE)

    call("POST", at(draft, "/send"))

    mail = sandbox.mails("mime")[0]
    assert mail["text"] == "schön\r\n"
    assert mail["attachments"][0]["sha256"] == hashlib.sha256(LARGE).hexdigest()
    assert mail["headers"]["X-Kept"] == "yes"


def test_a_finished_mail_keeps_its_own_parts(sandbox: Sandbox, call: Call) -> None:
    own = EmailMessage(policy=policy.SMTP)
    own["To"], own["Subject"] = "jane@example.com", "parts"
    own.set_content("hi\n")
    own.add_alternative("<img src='cid:logo'>\n", subtype="html")
    own.add_attachment(b"own", maintype="text", subtype="csv", filename="own.csv")
    whole = own.as_bytes()
    draft = created(call, json=None, data=b64encode(whole))
    picture = small(b"png", name="logo.png", isInline=True, contentId="logo")
    call("POST", at(draft, "/attachments"), json=small())
    call("POST", at(draft, "/attachments"), json=picture)

    call("POST", at(draft, "/send"))

    [mail] = sandbox.mails("parts")
    assert mail["html"] == "<img src='cid:logo'>\r\n"
    names = [each["name"] for each in mail["attachments"]]
    assert names == ["own.csv", "logo.png", "a.txt"]
    base = f"{sandbox.url}/mails/{mail['id']}"
    source = sandbox.session.get(f"{base}/source", timeout=9).content
    assert whole.split(b"\r\n\r\n", 1)[1] in source
    read = message_from_bytes(source, policy=policy.default)
    parts = [each for each in read.walk() if not each.is_multipart()]
    found = {each.get_filename(): each.get_content() for each in parts}
    for number, name in enumerate(names):
        left = sandbox.session.get(f"{base}/attachments/{number}", timeout=9)
        assert left.content.decode() == found[name].replace("\n", "\r\n"), name


def test_a_finished_mail_with_pictures_only_has_no_attachments(call: Call) -> None:
    draft = created(call, json=None, data=b64encode(MIME))
    path = at(draft, "/attachments")

    call("POST", path, json=small(isInline=True, contentId="logo"))
    assert call("GET", at(draft)).json()["hasAttachments"] is False

    call("POST", path, json=small())
    assert call("GET", at(draft)).json()["hasAttachments"] is True


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


def test_files_at_the_same_time_are_in_conflict(
    sandbox: Sandbox, call: Call, draft: dict[str, Any]
) -> None:
    urls = [opened(call, draft), opened(call, draft)]
    sandbox.latency(1)

    with ThreadPoolExecutor(2) as pool:
        answers = [*pool.map(lambda url: put(sandbox, url, 0, LARGE[:10]), urls)]

    assert sorted(each.status_code for each in answers) == [200, 412]


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


def test_a_mailbox_refuses_what_is_too_large_in_sum(
    sandbox: Sandbox, call: Call, draft: dict[str, Any]
) -> None:
    sandbox.fault("large-messages", bytes=len(LARGE))
    url = opened(call, draft)

    assert problem(put(sandbox, url, 0, LARGE)) == (400, "ErrorMessageSizeExceeded")
    sandbox.session.delete(f"{sandbox.url}/faults.json", timeout=9)
    sandbox.fault("large-messages")
    assert put(sandbox, url, 0, LARGE).status_code == 201


def test_an_upload_can_go_wrong_too(sandbox: Sandbox, upload_url: str) -> None:
    sandbox.fault("503", only="PUT ")

    assert put(sandbox, upload_url, 0, LARGE[:10]).status_code == 503
    assert put(sandbox, upload_url, 0, LARGE[:10]).status_code == 200
