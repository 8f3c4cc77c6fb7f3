"""The HTTP door: a message in, a receipt out, errors as RFC 9457 says."""

import json
import sys
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import (
    ClientDisconnected,
    HTTPException,
    RequestEntityTooLarge,
)
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import (
    Data,
    Epilogue,
    Field,
    File,
    MultipartDecoder,
    NeedData,
)

from portal import config, db
from portal.accept import Caller, Receipt
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
from portal.intake import desk
from portal.intake.http import bodies, shapes
from portal.intake.http.bodies import Body, Malformed, Vanished
from portal.intake.http.form import LONGEST_HEADER, BrokenForm, Form, Heading
from portal.intake.writer import TOO_LARGE
from portal.mail import journal, message, transfers
from portal.mail.outbox import decisions, records
from portal.mail.outbox.records import Record
from portal.workspace import accounts
from portal.workspace.people import keys

bp = Blueprint("api", __name__, url_prefix="/api/v1")

JSON_TYPE = "application/json"
FORM_TYPE = "multipart/form-data"
MAIL_TYPE = "message/rfc822"
AROUND = 1_000_000  # bytes of a form that are neither its message nor a file


class UnknownType(PortalError):
    """Content-Type must be application/json, multipart/form-data or message/rfc822."""


class Encoded(PortalError):
    """The body must come as it is, without a Content-Encoding."""


class Transformed(PortalError):
    """Transfer-Encoding must be chunked, or left out."""


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


@bp.before_request
def authorize() -> None:
    """Let in whoever brings a living API key."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise NotAuthorized
    with db.reading() as session:
        g.key = keys.check(session, secret.strip())


@bp.post("/messages")
def create() -> ResponseReturnValue:
    """Accept a message; the answer comes when it is stored durably."""
    caller, body = _caller(), _body()
    with body.heard():
        _refuse_encoded()
        _refuse_parameters()
        receipt = _take(body, caller)
    return _accepted(receipt, {"self": shapes.address(receipt.id)})


@bp.get("/messages/<uuid:message_id>")
def show(message_id: UUID) -> ResponseReturnValue:
    """Tell what became of a message; a key sees its own only."""
    with db.reading() as session:
        record = _own(session, message_id)
        account = accounts.by_id(session, record.account_id)
        story = journal.story(session, message_id)
        progress = transfers.progress(session, message_id)
    leaves_as = {"from": record.sender or account.sender, "account": account.name}
    history = [shapes.line(each) for each in story]
    come = {"progress": shapes.progress(progress)}
    return shapes.message(record) | leaves_as | come | {"history": history}


@bp.post("/messages/<uuid:message_id>/retry")
def retry(message_id: UUID) -> ResponseReturnValue:
    """Send this very message now."""
    with db.session() as session:
        _own(session, message_id)
        decisions.retry(session, message_id, g.key.name)
        record = records.find(session, message_id)
    told = {"id": str(record.id), "status": record.state, "reason": record.reason}
    return told | {"links": shapes.links(record)}, HTTPStatus.ACCEPTED


@bp.post("/messages/<uuid:message_id>/resend")
def resend(message_id: UUID) -> ResponseReturnValue:
    """Send a new message with the content of this one."""
    with db.reading() as session:
        _own(session, message_id)
    receipt = desk.again(message_id, _caller())
    old = {"copy_of": shapes.address(message_id)}
    return _accepted(receipt, {"self": shapes.address(receipt.id)} | old)


@bp.post("/messages/<uuid:message_id>/arrival")
def arrival(message_id: UUID) -> ResponseReturnValue:
    """Say that a message arrived though nobody could find out."""
    with db.session() as session:
        _own(session, message_id)
        decisions.arrived(session, message_id, g.key.name)
    return show(message_id)


@bp.post("/messages/<uuid:message_id>/cancellation")
def cancellation(message_id: UUID) -> ResponseReturnValue:
    """Never send this message."""
    with db.session() as session:
        _own(session, message_id)
        decisions.cancel(session, message_id, g.key.name)
    return show(message_id)


def _own(session: db.Session, message_id: UUID) -> Record:
    """Return what is known of a message that this key brought; raise NotFound."""
    record = records.find(session, message_id)
    if record.key_id != g.key.id:
        raise NotFound("There is no message with this id.")
    return record


def _take(body: Body, caller: Caller) -> Receipt:
    most = config.current().max_message
    reason = TOO_LARGE.format(most=most)
    if request.mimetype == JSON_TYPE:
        text = body.pieces(bodies.JSON_LIMIT, bodies.TOO_LARGE)
        return desk.take(message.parse(bodies.read_json(text)), caller)
    if request.mimetype == MAIL_TYPE:
        account = request.args.get("account")
        return desk.take(body.pieces(most, reason), caller, account=account)
    if request.mimetype == FORM_TYPE:
        pieces = body.pieces(most + bodies.JSON_LIMIT + AROUND, reason)
        return desk.gather(Form(_parts(pieces)), caller)
    raise UnknownType


def _refuse_encoded() -> None:
    """Raise for a body that nobody here decodes: it would be taken as it stands."""
    content = request.headers.get("Content-Encoding", "identity").strip().lower()
    if content not in ("", "identity"):
        raise Encoded
    # RFC 9112 section 6.1; the server undoes chunked, and passes on what is inside.
    transfer = request.headers.get("Transfer-Encoding", "chunked").strip().lower()
    if transfer != "chunked":
        raise Transformed


def _refuse_parameters() -> None:
    """Raise for what stands behind the address and would not be obeyed."""
    known = {"account"} if request.mimetype == MAIL_TYPE else set()
    if unknown := request.args.keys() - known:
        raise InvalidMessage(
            [Problem(field=name[:100], reason="unknown parameter") for name in unknown]
        )


def _body() -> Body:
    # Flask itself would read nothing of what it takes for too large.
    request.max_content_length = sys.maxsize

    def read(size: int) -> bytes:
        try:
            return request.stream.read(size)
        except ClientDisconnected:
            raise Vanished from None

    return Body(read=read, length=request.content_length)


def _parts(pieces: Iterator[bytes]) -> Iterator[Heading | bytes]:
    """Yield a heading of the form, then the pieces of what is under it, and so on."""
    boundary = request.mimetype_params.get("boundary", "").encode()
    if not boundary:
        raise BrokenForm
    decoder = MultipartDecoder(boundary, max_form_memory_size=LONGEST_HEADER)
    try:
        while not isinstance(event := decoder.next_event(), Epilogue):
            if isinstance(event, NeedData):
                decoder.receive_data(next(pieces, None))
            elif isinstance(event, Field | File):
                yield _heading(event)
            elif isinstance(event, Data):
                yield event.data
    except (ValueError, RequestEntityTooLarge):
        raise BrokenForm from None


def _heading(part: Field | File) -> Heading:
    return Heading(
        name=part.name or "",
        file_name=part.filename if isinstance(part, File) else None,
        content_type=parse_options_header(part.headers.get("Content-Type"))[0] or None,
        content_id=part.headers.get("Content-ID"),
        encoding=part.headers.get("Content-Transfer-Encoding", ""),
    )


def _caller() -> Caller:
    once = request.headers.get("Idempotency-Key")
    return desk.caller(g.key.name, once, g.key.id)


def _accepted(receipt: Receipt, links: dict[str, str]) -> ResponseReturnValue:
    answer = {"id": receipt.id, "status": receipt.status, "links": links}
    return answer, HTTPStatus.ACCEPTED, {"Location": links["self"]}


@bp.errorhandler(PortalError)
def refuse(error: PortalError) -> ResponseReturnValue:
    status = next((STATUS[t] for t in type(error).__mro__ if t in STATUS), None)
    if status is None:
        raise error
    found = error.problems if isinstance(error, InvalidMessage) else ()
    answer = problem(status, str(error), found)
    answer.headers.extend(HEADERS.get(type(error), {}))
    return answer


@bp.errorhandler(HTTPException)
def refuse_request(error: HTTPException) -> Response:
    """Say it in our shape; what else the answer carries (Allow, …) stays."""
    answer = problem(error.code or 500, error.description or "")
    kept = [(k, v) for k, v in error.get_headers() if k.lower() != "content-type"]
    answer.headers.extend(kept)
    return answer


def problem(
    status: int, detail: str, found: tuple[Problem, ...] | list[Problem] = ()
) -> Response:
    """Return an error as RFC 9457 says, each wrong field by its name."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
    }
    if found:
        body["errors"] = [{"field": p.field, "reason": p.reason} for p in found]
    return Response(json.dumps(body), status, content_type="application/problem+json")
