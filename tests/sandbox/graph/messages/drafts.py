"""Drafts at the sandbox's Graph: where they are, and what is said of them."""

from typing import Any
from urllib.parse import quote

from tests.sandbox.graph.messages.conftest import Call

IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}
NOT_FOUND = (404, "ErrorItemNotFound")
MIME = (
    b"From: somebody@example.com\r\nTo: Jane <jane@example.com>\r\n"
    b"Bcc: bcc@example.com\r\nSubject: mime\r\nMessage-ID: <m@contoso.example>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: 8bit\r\nX-Kept: yes\r\n\r\nsch\xc3\xb6n\r\n"
)


def at(message: dict[str, Any], rest: str = "") -> str:
    """Return the path of a message."""
    return f"/me/messages/{quote(message['id'], safe='')}{rest}"


def found(call: Call, message: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """Look a message up by its internetMessageId."""
    query = {"$filter": f"internetMessageId eq '{message['internetMessageId']}'"}
    answer = call("GET", "/me/messages", params=query, **more).json()
    values: list[dict[str, Any]] = answer["value"]
    return values
