"""Messages as an application posts them, and how they are refused."""

from typing import Any

from flask.testing import FlaskClient
from jsonschema import validate  # type: ignore[import-untyped]
from werkzeug.test import TestResponse

from portal.intake.http.description.answers import SCHEMAS

MESSAGES = "/api/v1/messages"
NOBODYS = f"{MESSAGES}/01939d2a-7f5e-7c11-8a62-9c1f2f1d0a77"
MAIL = {"to": "jane@example.com", "subject": "Hello", "text": "It works."}
WHOLE: dict[str, Any] = {
    "from": "Reports <reports@contoso.example>",
    "to": ["jane@example.com"],
    "cc": ["joe@example.com"],
    "bcc": ["jim@example.com"],
    "reply_to": "help@example.com",
    "subject": "Grüße",
    "text": "Hello",
    "html": "<p>Hello",
    "headers": {"X-Report": "7"},
    "attachments": [
        {
            "name": "a.txt",
            "content_type": "text/plain",
            "content": "aGVsbG8=",
            "content_id": "a",
        }
    ],
    "account": "default",
    "priority": "high",
    "expires_at": "2999-01-01T00:00:00+01:00",
    "tags": ["weekly"],
}
SHOWN = {
    *(
        "id",
        "status",
        "reason",
        "explanation",
        "from",
        "account",
        "subject",
        "message_id",
        "size",
        "attempts",
    ),
    *("accepted_at", "next_attempt_at", "expires_at", "finished_at", "tags", "links"),
    *("history", "progress"),
}


def post(door: FlaskClient, body: bytes, **headers: str) -> TestResponse:
    """Post bytes as JSON, whatever they are."""
    headers = {"Content-Type": "application/json", **headers}
    return door.post(MESSAGES, data=body, headers=headers)


def refused(answer: TestResponse) -> int:
    """Return the status of a refusal, once it has the shape of RFC 9457."""
    told = answer.get_json()
    assert answer.content_type == "application/problem+json"
    validate(told, SCHEMAS["Problem"])
    assert told["status"] == answer.status_code
    assert told["detail"]
    return answer.status_code
