"""Messages over HTTP: one is brought, or told of."""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import ClientDisconnected

from portal import config, db
from portal.accept import Caller, Receipt
from portal.errors import InvalidMessage, Problem, TooLarge
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
from portal.mail.outbox import State, records
from portal.mail.outbox.records import Page, Record
from portal.workspace import accounts
from portal.workspace.accounts import places

JSON_TYPE = "application/json"
FORM_TYPE = "multipart/form-data"
MAIL_TYPE = "message/rfc822"
PAGE = 50  # messages
LARGEST_PAGE = 200
AROUND = 1_000_000  # bytes of a form that are neither its message nor a file


@bp.post("/messages")
def create() -> ResponseReturnValue:
    """Accept a message; the answer comes when it is stored durably."""
    caller, body = door.caller(), _body()
    with body.heard():
        _refuse_encoded()
        door.refuse_parameters({"account"} if request.mimetype == MAIL_TYPE else ())
        receipt = _take(body, caller)
    return shapes.accepted(receipt, {"self": shapes.address(receipt.id)})


@bp.get("/messages")
def index() -> ResponseReturnValue:
    """List the messages that this key brought, newest first, page by page."""
    door.refuse_parameters(PARAMETERS)
    page = asked(request.args)
    with db.reading() as session:
        every = [each.id for each in accounts.every(session)]
        found = records.brought(session, replace(page, limit=page.limit + 1), every)
        shown = [_listed(session, each) for each in found]
    return shapes.page(shown, page)


@bp.get("/messages/<uuid:message_id>")
def show(message_id: UUID) -> ResponseReturnValue:
    """Tell what became of a message; a key sees its own only."""
    with db.reading() as session:
        record = door.own(session, message_id)
        account = accounts.by_id(session, record.account_id)
        home = places.repair(session, account)
        story = journal.story(session, message_id)
        progress = transfers.progress(session, message_id)
    history = [shapes.line(each, home) for each in story]
    come = {"progress": shapes.progress(progress), "history": history}
    return shapes.listed(record, account, home) | come


def _listed(session: db.Session, record: Record) -> dict[str, Any]:
    account = accounts.by_id(session, record.account_id)
    return shapes.listed(record, account, places.repair(session, account))


def _take(body: Body, caller: Caller) -> Receipt:
    most, limits = config.current().max_message, g.key.limits
    refusal = TooLarge(TOO_LARGE.format(most=most))
    if request.mimetype == JSON_TYPE:
        text = body.pieces(bodies.JSON_LIMIT, bodies.TooMuchJson())
        return desk.take(message.parse(bodies.read_json(text)), caller)
    if request.mimetype == MAIL_TYPE:
        account = request.args.get("account")
        limits.check_size(body.length or 0)
        return desk.take(body.pieces(most, refusal), caller, account=account)
    if request.mimetype == FORM_TYPE:
        boundary = request.mimetype_params.get("boundary", "")
        around = bodies.JSON_LIMIT + AROUND
        limits.check_size((body.length or 0) - around)
        pieces = body.pieces(most + around, refusal)
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


def asked(given: Mapping[str, str]) -> Page:
    """Read which page is asked for; raise InvalidMessage, which names what is wrong."""
    problems: list[Problem] = []
    read: dict[str, Any] = {}
    for name, (reader, reason) in PARAMETERS.items():
        try:
            if name in given:
                read[name] = reader(given[name])
        except ValueError:
            problems.append(Problem(field=name, reason=reason))
    if problems:
        raise InvalidMessage(problems)
    return Page(
        key_id=g.key.id,
        state=read.get("status"),
        before=read.get("after"),
        limit=read.get("limit", PAGE),
    )


def _id(text: str) -> UUID:
    found = UUID(text)
    if str(found) != text.lower():
        raise ValueError("It is spelled in another way.")
    return found


def _count(text: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,2}", text) or int(text) > LARGEST_PAGE:
        raise ValueError("It is out of bounds.")
    return int(text)


PARAMETERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "status": (State, f"must be one of {', '.join(State)}"),
    "after": (_id, "must be the id of a message"),
    "limit": (_count, f"must be 1 to {LARGEST_PAGE}"),
}


def _body() -> Body:
    # Flask itself would read nothing of what it takes for too large.
    request.max_content_length = sys.maxsize

    def read(size: int) -> bytes:
        try:
            return request.stream.read(size)
        except ClientDisconnected:
            raise Vanished from None

    return Body(read=read, length=request.content_length)
