"""The HTTP door itself: who comes in, and how it refuses, as RFC 9457 says."""

import json
from collections.abc import Collection, Sequence
from datetime import timedelta
from http import HTTPStatus
from math import ceil
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException

from portal import db
from portal.accept import Caller
from portal.errors import (
    CannotDecrypt,
    Conflict,
    DatabaseAway,
    InvalidMessage,
    NoRoom,
    NotAllowed,
    NotAuthorized,
    NotFound,
    PortalError,
    Problem,
    TooLarge,
    TooManyMessages,
)
from portal.explanations import Explanation, tell
from portal.explanations.own import doors
from portal.intake import desk, knocks
from portal.intake.http.bodies import (
    Encoded,
    Malformed,
    Transformed,
    UnknownType,
    Vanished,
)
from portal.intake.http.form import BrokenForm
from portal.mail.outbox import records
from portal.mail.outbox.records import Record
from portal.workspace.people import keys

bp = Blueprint("api", __name__, url_prefix="/api/v1")

STATUS: dict[type[BaseException], int] = {
    UnknownType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Encoded: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Transformed: HTTPStatus.NOT_IMPLEMENTED,
    Malformed: HTTPStatus.BAD_REQUEST,
    BrokenForm: HTTPStatus.BAD_REQUEST,
    Vanished: HTTPStatus.BAD_REQUEST,
    InvalidMessage: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    NotAuthorized: HTTPStatus.UNAUTHORIZED,
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    TooManyMessages: HTTPStatus.TOO_MANY_REQUESTS,
    CannotDecrypt: HTTPStatus.SERVICE_UNAVAILABLE,
    DatabaseAway: HTTPStatus.SERVICE_UNAVAILABLE,
    NoRoom: HTTPStatus.INSUFFICIENT_STORAGE,
}
HEADERS: dict[type[BaseException], dict[str, str]] = {
    NotAuthorized: {"WWW-Authenticate": 'Bearer realm="Mail Portal"'},
    Encoded: {"Accept-Encoding": "identity"},  # RFC 9110 section 15.5.16
}
# What an error says by itself goes before it.
ROWS: dict[int, Explanation] = {
    HTTPStatus.BAD_REQUEST: doors.NOT_UNDERSTOOD,
    HTTPStatus.UNAUTHORIZED: doors.NO_KEY,
    HTTPStatus.FORBIDDEN: doors.NOT_ALLOWED,
    HTTPStatus.NOT_FOUND: doors.NOTHING_HERE,
    HTTPStatus.METHOD_NOT_ALLOWED: doors.NOT_UNDERSTOOD,
    HTTPStatus.CONFLICT: doors.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: doors.TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: doors.NOT_UNDERSTOOD,
    HTTPStatus.UNPROCESSABLE_ENTITY: doors.INVALID,
    HTTPStatus.TOO_MANY_REQUESTS: doors.TOO_MANY,
    HTTPStatus.INTERNAL_SERVER_ERROR: doors.FAULT,
    HTTPStatus.NOT_IMPLEMENTED: doors.NOT_UNDERSTOOD,
}
WORDS = {
    HTTPStatus.NOT_FOUND: (
        "There is nothing at this address. The id of a message looks like"
        " 01939d2a-7f5e-7c11-8a62-9c1f2f1d0a77."
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        "This address does not take that method; Allow names those that it takes."
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "Something went wrong here. Whoever runs the portal finds the reason in its"
        " log; to try again is safe with the same Idempotency-Key."
    ),
}
WRONG_KEYS = (
    "Too many wrong API keys came from this address; please wait {seconds} s. A right"
    " one is let in at once."
)
PROBLEM_TYPE = "application/problem+json"
OPEN = {"api.description"}  # names nobody, and tells how to come in


@bp.before_request
def authorize() -> None:
    """Let in whoever brings a living API key."""
    if request.endpoint in OPEN:
        return
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise NotAuthorized
    try:
        with db.reading() as session:
            g.key = keys.check(session, secret.strip())
    except NotAuthorized:
        _slow_down()
        raise


def _slow_down() -> None:
    """Note a wrong key; raise TooManyMessages where there were many of late.

    No header says from where it came: whoever guesses keys could write it.
    """
    if wait := knocks.refused(request.remote_addr or ""):
        text = WRONG_KEYS.format(seconds=ceil(wait))
        raise TooManyMessages(text, after=timedelta(seconds=wait)) from None


def caller() -> Caller:
    once = request.headers.get("Idempotency-Key")
    return desk.caller(g.key.name, once, g.key.id)


def refuse_parameters(known: Collection[str]) -> None:
    """Raise for what stands behind the address and would not be obeyed."""
    if unknown := request.args.keys() - set(known):
        raise InvalidMessage(
            [Problem(field=name[:100], reason="unknown parameter") for name in unknown]
        )


def own(session: db.Session, message_id: UUID) -> Record:
    """Return what is known of a message that this key brought; raise NotFound."""
    record = records.find(session, message_id)
    if record.key_id != g.key.id:
        raise NotFound("There is no message with this id.")
    return record


@bp.errorhandler(PortalError)
def refuse(error: PortalError) -> Response:
    status = next((STATUS[t] for t in type(error).__mro__ if t in STATUS), None)
    if status is None:
        raise error
    found = error.problems if isinstance(error, InvalidMessage) else ()
    answer = problem(status, str(error), found, error.cause)
    answer.headers.extend(HEADERS.get(type(error), {}))
    if isinstance(error, TooManyMessages) and error.after:
        answer.headers["Retry-After"] = str(ceil(error.after.total_seconds()))
    return answer


@bp.errorhandler(HTTPException)
def refuse_request(error: HTTPException) -> Response:
    """Say it in our shape; what else the answer carries (Allow, …) stays."""
    status = HTTPStatus(error.code or 500)
    answer = problem(status, WORDS.get(status, error.description or ""))
    kept = [(k, v) for k, v in error.get_headers() if k.lower() != "content-type"]
    answer.headers.extend(kept)
    return answer


def problem(
    status: int, detail: str, found: Sequence[Problem] = (), cause: str = ""
) -> Response:
    """Return an error as RFC 9457 says, each wrong field by its name, and explained."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
    }
    if found:
        body["errors"] = [{"field": p.field, "reason": p.reason} for p in found]
    if explained := _explained(status, detail, cause):
        body["explanation"] = explained
    return Response(json.dumps(body), status, content_type=PROBLEM_TYPE)


def _explained(status: int, detail: str, cause: str) -> dict[str, Any] | None:
    row = ROWS.get(status)
    return tell(detail, cause or (row.name if row else "")).plain
