"""What schemathesis has to be told: how a mail is sent, and what OpenAPI cannot say."""

from typing import Any
from uuid import uuid4

import schemathesis
from hypothesis import strategies
from schemathesis import Case, GenerationMode, HookContext

FORM_TYPE, MESSAGE = "multipart/form-data", "message"
MAIL_TYPE = "message/rfc822"
ONCE = "Idempotency-Key"
MAILBOXES = ["ann@example.org", "Ben <ben@example.com>"]
TO_SOMEBODY = "To: ann@example.org\r\nSubject: Hello\r\n\r\n"

schemathesis.openapi.format("mailbox", strategies.sampled_from(MAILBOXES))


@schemathesis.serializer(MAIL_TYPE)
def mail(_: Any, value: Any) -> bytes:
    """Send a mail as it stands, whatever stands there."""
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.hook
def before_call(_: HookContext, case: Case[Any], **_kwargs: Any) -> None:
    """Let a good request be one, where that hangs on more than itself.

    All with the same Idempotency-Key would be conflicts, an account is there or not,
    and goes with a finished mail only. What is meant to be refused stays as it is.
    """
    if case.meta and case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    if case.headers and ONCE in case.headers:
        case.headers[ONCE] = str(uuid4())
    if case.query and "account" in case.query:
        case.query["account"] = "default"
        if case.media_type != MAIL_TYPE:
            case.query.pop("account")
    case.body = _good(case.body, case.media_type)


def _good(body: Any, kind: str | None) -> Any:
    if kind == FORM_TYPE:
        # A file has a name, and where that stands only words can say.
        return {MESSAGE: _settled(body[MESSAGE])}
    if kind == MAIL_TYPE:
        return f"{TO_SOMEBODY}{body}"
    return _settled(body) if isinstance(body, dict) else body


def _settled(message: dict[str, Any]) -> dict[str, Any]:
    """Give a message what the description only tells in words."""
    if message.get("account"):
        message["account"] = "default"
    if message.get("expires_at"):
        message["expires_at"] = "2999-12-31T23:59:59Z"
    if headers := message.get("headers"):
        # Each once, however it is written, and none that is ours.
        named = {f"X-{name}".lower()[:76]: value for name, value in headers.items()}
        message["headers"] = named
    for number, each in enumerate(message.get("attachments") or ()):
        if each.get("content_id"):
            each["content_id"] = f"{number}"
    return message
