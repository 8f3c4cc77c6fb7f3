"""What each route of the HTTP door takes, and how it answers and refuses."""

from dataclasses import dataclass
from http import HTTPStatus

from portal.accept import KEY_LIMIT
from portal.errors import (
    CannotDecrypt,
    Conflict,
    DatabaseAway,
    InvalidMessage,
    NoRoom,
    NotAllowed,
    NotAuthorized,
    NotFound,
    TooLarge,
    TooManyMessages,
)
from portal.intake.http.bodies import (
    Encoded,
    Malformed,
    Transformed,
    UnknownType,
    Vanished,
)
from portal.intake.http.description.answers import ID, TEXT, Schema, ref
from portal.intake.http.form import MESSAGE, BrokenForm
from portal.intake.http.messages import (
    FORM_TYPE,
    JSON_TYPE,
    LARGEST_PAGE,
    MAIL_TYPE,
    PAGE,
)
from portal.mail.outbox import State

ALWAYS = (NotAuthorized, TooManyMessages, CannotDecrypt, DatabaseAway)
ACCEPTING = (InvalidMessage, TooLarge, NotAllowed, Conflict, NoRoom)
READING = (UnknownType, Encoded, Transformed, Malformed, BrokenForm, Vanished)
DECIDING = (*ALWAYS, NotFound, Conflict)

ONCE: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Makes it safe to repeat the request until an answer comes.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": KEY_LIMIT,
        "pattern": "^[!-~]([ -~]*[!-~])?$",
    },
}
QUERY: tuple[Schema, ...] = (
    {
        "name": "status",
        "in": "query",
        "description": "Only messages that are shown so.",
        "schema": {"type": "string", "enum": [*State]},
    },
    {
        "name": "after",
        "in": "query",
        "description": "Only what was brought before the message of this id.",
        "schema": ID,
    },
    {
        "name": "limit",
        "in": "query",
        "description": "Messages of a page.",
        "schema": {
            "type": "integer",
            "minimum": 1,
            "maximum": LARGEST_PAGE,
            "default": PAGE,
        },
    },
)
ACCOUNT: Schema = {
    "name": "account",
    "in": "query",
    "description": f"The mail account of a finished mail; with {MAIL_TYPE} only.",
    "schema": {"type": "string", "minLength": 1},
}
WHICH = ACCOUNT | {"description": "The mail account; else the default one."}
EXAMPLE = {"to": ["Ann <ann@example.org>"], "subject": "Hello", "text": "It works."}
MAIL = "To: ann@example.org\r\nSubject: Hello\r\n\r\nIt works.\r\n"
FILE: Schema = {
    "type": "string",
    "format": "binary",
    "contentMediaType": "application/octet-stream",
}
BODY: Schema = {
    "required": True,
    "content": {
        JSON_TYPE: {"schema": ref("Message"), "example": EXAMPLE},
        FORM_TYPE: {
            "schema": {
                "type": "object",
                "properties": {MESSAGE: ref("Message")},
                "required": [MESSAGE],
                "additionalProperties": FILE,
            },
            "encoding": {MESSAGE: {"contentType": JSON_TYPE}},
            "example": {MESSAGE: EXAMPLE},
        },
        MAIL_TYPE: {
            "schema": TEXT | {"contentMediaType": MAIL_TYPE},
            "example": MAIL,
        },
    },
}


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One route: `answer` names the schema of what it answers when all is well."""

    answer: str
    status: HTTPStatus = HTTPStatus.OK
    errors: tuple[type[Exception], ...]
    parameters: tuple[Schema, ...] = ()
    body: Schema | None = None
    located: bool = False  # its answer says where a new message is
    open: bool = False  # to whoever has no key


OPERATIONS = {
    "create": Operation(
        answer="Receipt",
        status=HTTPStatus.ACCEPTED,
        errors=(*ALWAYS, *READING, *ACCEPTING),
        parameters=(ONCE, ACCOUNT),
        body=BODY,
        located=True,
    ),
    "index": Operation(
        answer="Page", errors=(*ALWAYS, InvalidMessage), parameters=QUERY
    ),
    "show": Operation(answer="Shown", errors=(*ALWAYS, NotFound)),
    "retry": Operation(answer="Retried", status=HTTPStatus.ACCEPTED, errors=DECIDING),
    "resend": Operation(
        answer="Receipt",
        status=HTTPStatus.ACCEPTED,
        errors=(*ALWAYS, NotFound, *ACCEPTING),
        parameters=(ONCE,),
        located=True,
    ),
    "arrival": Operation(answer="Shown", errors=DECIDING),
    "cancellation": Operation(answer="Shown", errors=DECIDING),
    **dict.fromkeys(
        ("retry_all", "resend_all", "arrival_all", "cancellation_all"),
        Operation(
            answer="Step",
            errors=(*ALWAYS, InvalidMessage),
            parameters=(QUERY[0] | {"required": True}, *QUERY[1:]),
        ),
    ),
    "status": Operation(answer="Status", errors=(*ALWAYS, InvalidMessage)),
    "verified": Operation(
        answer="Verification",
        errors=(*ALWAYS, InvalidMessage, NotAllowed, NotFound),
        parameters=(WHICH,),
    ),
    "description": Operation(answer="Description", errors=(), open=True),
}
