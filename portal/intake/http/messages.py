"""Messages over HTTP: one is brought, or told of."""

import sys
from uuid import UUID

from flask import g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import ClientDisconnected

from portal import config, db
from portal.accept import Caller, Receipt
from portal.errors import InvalidMessage, Problem
from portal.intake import desk
from portal.intake.http import bodies, door, form, shapes
from portal.intake.http.bodies import (
    Body,
    Encoded,
    Transformed,
    UnknownType,
    Vanished,
)
from portal.intake.http.door import bp
from portal.intake.http.form import Form
from portal.intake.writer import TOO_LARGE
from portal.mail import journal, message, transfers
from portal.workspace import accounts

JSON_TYPE = "application/json"
FORM_TYPE = "multipart/form-data"
MAIL_TYPE = "message/rfc822"
AROUND = 1_000_000  # bytes of a form that are neither its message nor a file


@bp.post("/messages")
def create() -> ResponseReturnValue:
    """Accept a message; the answer comes when it is stored durably."""
    caller, body = door.caller(), _body()
    with body.heard():
        _refuse_encoded()
        _refuse_parameters()
        receipt = _take(body, caller)
    return shapes.accepted(receipt, {"self": shapes.address(receipt.id)})


@bp.get("/messages/<uuid:message_id>")
def show(message_id: UUID) -> ResponseReturnValue:
    """Tell what became of a message; a key sees its own only."""
    with db.reading() as session:
        record = door.own(session, message_id)
        account = accounts.by_id(session, record.account_id)
        story = journal.story(session, message_id)
        progress = transfers.progress(session, message_id)
    leaves_as = {"from": record.sender or account.sender, "account": account.name}
    history = [shapes.line(each) for each in story]
    come = {"progress": shapes.progress(progress)}
    return shapes.message(record) | leaves_as | come | {"history": history}


def _take(body: Body, caller: Caller) -> Receipt:
    most, limits = config.current().max_message, g.key.limits
    reason = TOO_LARGE.format(most=most)
    if request.mimetype == JSON_TYPE:
        text = body.pieces(bodies.JSON_LIMIT, bodies.TOO_LARGE)
        return desk.take(message.parse(bodies.read_json(text)), caller)
    if request.mimetype == MAIL_TYPE:
        account = request.args.get("account")
        limits.check_size(body.length or 0)
        return desk.take(body.pieces(most, reason), caller, account=account)
    if request.mimetype == FORM_TYPE:
        boundary = request.mimetype_params.get("boundary", "")
        around = bodies.JSON_LIMIT + AROUND
        limits.check_size((body.length or 0) - around)
        pieces = body.pieces(most + around, reason)
        return desk.gather(Form(form.parts(pieces, boundary)), caller)
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
