"""Files of a draft: one request each, and what there is of them."""

import hashlib
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from tests.sandbox.graph.messages.attaching import (
    LARGE,
    opened,
    put,
    small,
)
from tests.sandbox.graph.messages.conftest import Call, created
from tests.sandbox.graph.messages.drafts import MIME, at
from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import problem


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
    sandbox: Sandbox, call: Call, draft: dict[str, Any]
) -> None:
    told = call("POST", at(draft, "/attachments"), json=small()).json()
    put(sandbox, opened(call, draft), 0, LARGE)

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


def test_files_at_the_same_time_are_in_conflict(
    sandbox: Sandbox, call: Call, draft: dict[str, Any]
) -> None:
    urls = [opened(call, draft), opened(call, draft)]
    sandbox.latency(1)

    with ThreadPoolExecutor(2) as pool:
        answers = [*pool.map(lambda url: put(sandbox, url, 0, LARGE[:10]), urls)]

    assert sorted(each.status_code for each in answers) == [200, 412]


def test_a_mailbox_refuses_what_is_too_large_in_sum(
    sandbox: Sandbox, call: Call, draft: dict[str, Any]
) -> None:
    sandbox.fault("large-messages", bytes=len(LARGE))
    url = opened(call, draft)

    assert problem(put(sandbox, url, 0, LARGE)) == (400, "ErrorMessageSizeExceeded")
    sandbox.session.delete(f"{sandbox.url}/faults.json", timeout=9)
    sandbox.fault("large-messages")
    assert put(sandbox, url, 0, LARGE).status_code == 201
