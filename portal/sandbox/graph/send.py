"""sendMail, in both its forms: JSON, and MIME as base64."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from portal.sandbox import faults
from portal.sandbox.faults import Kind
from portal.sandbox.graph import access, call, limits, message, problems
from portal.sandbox.graph.access import Caller
from portal.sandbox.graph.message import Letter
from portal.sandbox.graph.problems import Problem
from portal.sandbox.mailbox import mails, mime
from portal.sandbox.mailbox.mails import Parcel
from portal.sandbox.mailbox.mime import Recipient
from portal.sandbox.seeds import Account

bp = Blueprint("send", __name__, url_prefix="/v1.0")

# Exchange writes these itself; what a client put there is lost.
REPLACED = ("From", "Sender", "Bcc", "Return-Path", "Auto-Submitted")


@bp.post("/me/sendMail")
@bp.post("/users/<name>/sendMail")
@call.needs("Mail.Send")
def send_mail(by: Caller, mailbox: Account) -> ResponseReturnValue:
    """Send one mail and answer 202 without a body."""
    body = limits.read_body()
    if request.mimetype == "text/plain":
        source = decode(body)
        parcel = parcel_of_mime(by, mailbox, source, honoured_from(source))
    else:
        letter, kept = _read(read_json(body))
        parcel = parcel_of_letter(by, mailbox, letter, kept)
    limits.check_message(parcel.size)
    mails.record(parcel)
    return empty(202)


@bp.app_errorhandler(Problem)
def refuse(problem: Problem) -> ResponseReturnValue:
    """Answer in Graph's shape, once the request is over.

    gunicorn cuts off whoever is still writing, and the answer would be lost on them.
    """
    limits.skip_body()
    return problems.answer(problem)


@bp.after_app_request
def sign(response: Response) -> Response:
    """Put Graph's ids on every answer of Graph."""
    inside = request.path.startswith(("/v1.0/", "/api/"))
    return problems.sign(response) if inside else response


def empty(status: int) -> Response:
    """Return an answer without a body and without a type."""
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response


def read_json(body: bytes) -> Any:
    """Return the JSON of a request; raise 400 or 415."""
    if not body:
        raise Problem(400, "BadRequest", "Empty Payload. JSON content expected.")
    if request.mimetype != "application/json":
        raise Problem(
            415,
            "UnsupportedMediaType",
            f"The content type '{request.mimetype}' is not supported here.",
        )
    try:
        return request.json_module.loads(body)
    except ValueError as error:
        raise Problem(
            400, "BadRequest", "Unable to read JSON request payload."
        ) from error


def _read(value: Any) -> tuple[Letter, bool]:
    shapes: dict[str, tuple[type, ...]] = {
        "message": (dict,),
        "saveToSentItems": (bool, str),
    }
    members = message.shaped(value, shapes, "sendMail")
    if members.get("message") is None:
        raise Problem(400, "ErrorInvalidParameter", "The parameter Message is missing.")
    # The sample of Microsoft's page sends the string "false".
    kept = str(members.get("saveToSentItems", True)).lower()
    if kept not in ("true", "false", "none"):
        raise problems.not_read("SaveToSentItems is neither true nor false.")
    return message.read(members["message"]), kept != "false"


def decode(body: bytes) -> bytes:
    """Return the MIME message in a base64 body, lines of any length."""
    packed = re.sub(rb"\s+", b"", body)
    try:
        source = b64decode(packed, validate=True)
    except Base64Error as error:
        raise _not_base64() from error
    if not source:
        raise _not_base64()
    return source


def _not_base64() -> Problem:
    return Problem(
        400,
        "ErrorMimeContentInvalidBase64String",
        "Invalid base64 string for MIME content.",
    )


def honoured_from(source: bytes) -> Recipient | None:
    """Return the From of a MIME message if Graph heeds it; raise 400 for no message.

    UNCONFIRMED whether it does, hence a switch.
    """
    headers = mime.texts(source)
    if not headers:
        raise Problem(400, "ErrorMimeContentInvalid", "The MIME content is invalid.")
    written = mime.recipients(headers.get("from", ()))
    return written[0] if written and faults.meet(Kind.MIME_FROM) else None


def parcel_of_mime(
    by: Caller, mailbox: Account, source: bytes, wanted: Recipient | None
) -> Parcel:
    """Return the mail a MIME message makes; its headers are its only envelope."""
    headers = mime.texts(source)
    sender, shown = sent_as(by, mailbox, wanted)
    to, cc, bcc = (
        _addresses(mime.recipients(headers.get(name, ())))
        for name in ("to", "cc", "bcc")
    )
    check_recipients((*to, *cc, *bcc))
    message_id = headers.get("message-id", [""])[0]
    add = [mime.address_line("From", [shown]), *_sender_line(by, sender)]
    if not message_id:
        message_id = mime.new_message_id(mailbox.tenant.domain)
        add.append(f"Message-ID: {message_id}")
    if "date" not in headers:
        add.append(f"Date: {mime.date()}")
    return Parcel(
        mailbox=mailbox,
        sender=sender,
        from_address=shown.address,
        to=to,
        cc=cc,
        bcc=bcc,
        subject=headers.get("subject", [""])[0],
        message_id=message_id,
        source=mime.rewrite(source, REPLACED, add),
        call=called(),
    )


def parcel_of_letter(
    by: Caller, mailbox: Account, letter: Letter, kept: bool
) -> Parcel:
    """Return the mail a JSON message makes."""
    sender, shown = sent_as(by, mailbox, letter.from_)
    check_recipients(_addresses([*letter.to, *letter.cc, *letter.bcc]))
    message_id = letter.message_id or mime.new_message_id(mailbox.tenant.domain)
    return Parcel(
        mailbox=mailbox,
        sender=sender,
        from_address=shown.address,
        to=_addresses(letter.to),
        cc=_addresses(letter.cc),
        bcc=_addresses(letter.bcc),
        subject=letter.subject,
        message_id=message_id,
        source=mime.rewrite(
            message.write(letter, shown, message_id), (), _sender_line(by, sender)
        ),
        call=called(),
        files=tuple(letter.files),
        kept=kept,
    )


def sent_as(
    by: Caller, mailbox: Account, wanted: Recipient | None
) -> tuple[Account, Recipient]:
    """Return in whose name a mail goes out, and the From its recipients see.

    An alias becomes the primary address, silently, unless the organization allows to
    send from aliases; the name is always the directory's.
    """
    sender = access.sender(by, mailbox, wanted.address if wanted else None)
    address = sender.address
    alias = wanted.address.lower() if wanted else address
    if alias != address and faults.meet(Kind.ALIAS_KEPT):
        address = alias
    return sender, Recipient(address=address, name=sender.name)


def _sender_line(by: Caller, target: Account) -> list[str]:
    """Name who sends on behalf of From, as Exchange does (RFC 5322 section 3.6.2)."""
    who = access.spoken_for(by, target)
    shown = who and Recipient(address=who.address, name=who.name)
    return [mime.address_line("Sender", [shown])] if shown else []


def check_recipients(addresses: tuple[str, ...]) -> None:
    """Raise what Exchange refuses at once; whether they exist, it finds out later."""
    if not addresses:
        raise _invalid_recipients("At least one recipient is needed.")
    if len(addresses) > limits.RECIPIENTS:
        raise _invalid_recipients(f"More than {limits.RECIPIENTS} recipients.")
    if not all(Recipient(address=each).valid for each in addresses):
        raise _invalid_recipients("At least one recipient isn't valid.")


def _invalid_recipients(text: str) -> Problem:
    return Problem(400, "ErrorInvalidRecipients", text)


def called() -> str:
    """Return the present call as the pages show it."""
    return f"{request.method} {request.path}"


def _addresses(people: list[Recipient]) -> tuple[str, ...]:
    return tuple(each.address for each in people)
