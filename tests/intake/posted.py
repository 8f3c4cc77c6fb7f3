"""Messages as an application posts them, and how they are refused."""

from flask.testing import FlaskClient
from jsonschema import validate  # type: ignore[import-untyped]
from werkzeug.test import TestResponse

from portal.intake.http.description.answers import SCHEMAS

MESSAGES = "/api/v1/messages"
MAIL = {"to": "jane@example.com", "subject": "Hello", "text": "It works."}
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
