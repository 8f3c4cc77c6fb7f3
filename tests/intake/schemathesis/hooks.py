"""What schemathesis has to be told: how a mail is sent, and what OpenAPI cannot say."""

from typing import Any
from uuid import uuid4

import schemathesis
from hypothesis import strategies
from schemathesis import Case, GenerationMode, HookContext

MAIL_TYPE = "message/rfc822"
ONCE = "Idempotency-Key"
MAILBOXES = ["ann@example.org", "Ben <ben@example.com>"]

schemathesis.openapi.format("mailbox", strategies.sampled_from(MAILBOXES))


@schemathesis.serializer(MAIL_TYPE)
def mail(_: Any, value: Any) -> bytes:
    """Send a mail as it stands, whatever stands there."""
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.hook
def before_call(_: HookContext, case: Case[Any], **_kwargs: Any) -> None:
    """Let a good request be none that came before, nor name an account in vain.

    All with the same Idempotency-Key would be conflicts, and an account goes with a
    finished mail only. What is meant to be refused stays as it is.
    """
    if case.meta and case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    if case.headers and ONCE in case.headers:
        case.headers[ONCE] = str(uuid4())
    if case.query and case.media_type != MAIL_TYPE:
        case.query.pop("account", None)
