"""Files that are attached to a draft."""

from base64 import b64encode
from typing import Any

import requests

from tests.sandbox import contract
from tests.sandbox.graph.messages.conftest import Call
from tests.sandbox.graph.messages.drafts import at
from tests.sandbox.serving import TIMEOUT_SECONDS, Sandbox

LARGE = bytes(range(256)) * 4 * 3500  # 3.6 MB
RANGE = 2_000_000


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
