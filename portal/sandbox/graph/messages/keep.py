"""Drafts over Graph: created from JSON or MIME, changed, deleted and sent."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.sandbox import faults, store
from portal.sandbox.faults import Kind
from portal.sandbox.graph import call, limits, message, send
from portal.sandbox.graph.access import Caller
from portal.sandbox.graph.messages import busy, shown
from portal.sandbox.graph.problems import Problem
from portal.sandbox.mailbox import drafts, files, mails, mime
from portal.sandbox.mailbox.drafts import Draft
from portal.sandbox.mailbox.mails import Parcel
from portal.sandbox.mailbox.mime import Recipient
from portal.sandbox.seeds import Account, addressed

bp = Blueprint("keep", __name__, url_prefix="/v1.0")

FOLDER = "drafts"  # the only one drafts are kept in
# What may be changed while a message is a draft, and the header each becomes in MIME.
HEADERS = {
    "subject": "Subject",
    "toRecipients": "To",
    "ccRecipients": "Cc",
    "bccRecipients": "Bcc",
    "replyTo": "Reply-To",
    "internetMessageId": "Message-ID",
    "importance": "Importance",
}
CHANGEABLE = {
    *HEADERS,
    *("body", "from", "sender", "categories", "flag", "isRead"),
    *("isReadReceiptRequested", "isDeliveryReceiptRequested"),
    *("singleValueExtendedProperties", "multiValueExtendedProperties"),
    "inferenceClassification",
}


@bp.post("/me/messages")
@bp.post("/users/<name>/messages")
@bp.post("/me/mailFolders/<folder>/messages")
@bp.post("/users/<name>/mailFolders/<folder>/messages")
@call.needs("Mail.ReadWrite")
def create(by: Caller, mailbox: Account, folder: str = FOLDER) -> ResponseReturnValue:
    """Create a draft and answer 201 with it."""
    if folder.lower() != FOLDER:
        raise shown.not_found()
    body = limits.read_body()
    if request.mimetype == "text/plain":
        source = send.decode(body)
        kept = drafts.create(mailbox.oid, _properties_of_mime(source, mailbox), source)
    else:
        members, brought = _read(send.read_json(body), mailbox)
        kept = drafts.create(mailbox.oid, members, b"")
        for file in brought:
            drafts.attach(kept.id, file)
    return shown.draft(kept, mailbox), 201, shown.preference()


def _read(value: Any, mailbox: Account) -> tuple[dict[str, Any], list[mime.File]]:
    letter = message.read(value)
    members = message.shaped(value, message.SHAPES, "microsoft.graph.message")
    members.pop("attachments", None)
    domain = mailbox.tenant.domain
    whole = {
        "subject": letter.subject,
        "body": {"contentType": "text", "content": ""},
        "internetMessageId": mime.new_message_id(domain),
        **{name: [] for name in ("toRecipients", "ccRecipients", "bccRecipients")},
        **{name: member for name, member in members.items() if member is not None},
    }
    return _addressed(whole, mailbox), letter.files


def _properties_of_mime(source: bytes, mailbox: Account) -> dict[str, Any]:
    """Return what a MIME message says, as properties."""
    headers, inside = mime.texts(source), mime.look(source)
    honoured = send.honoured_from(source)
    html = inside["html"] is not None
    people = {
        name: [
            shown.recipient(each)
            for each in mime.recipients(headers.get(header.lower(), ()))
        ]
        for name, header in HEADERS.items()
        if name.endswith("Recipients") or name == "replyTo"
    }
    members = {
        "subject": headers.get("subject", [""])[0],
        "body": {
            "contentType": "html" if html else "text",
            "content": inside["html"] if html else inside["text"] or "",
        },
        "internetMessageId": headers.get("message-id", [""])[0]
        or mime.new_message_id(mailbox.tenant.domain),
        **people,
    }
    if honoured:
        members["from"] = shown.recipient(honoured)
    return _addressed(members, mailbox)


def _addressed(members: dict[str, Any], mailbox: Account) -> dict[str, Any]:
    """Let From be what the directory says: the primary address and its name."""
    address = ((members.get("from") or {}).get("emailAddress") or {}).get("address")
    target = addressed(mailbox.tenant.id, address) if address else None
    if not address or target is None:
        return members
    other = address.lower() != target.address
    alias = other and faults.meet(Kind.ALIAS_KEPT)
    kept = address.lower() if alias else target.address
    person = Recipient(address=kept, name=target.name)
    return members | {"from": shown.recipient(person)}


def only(mailbox: Account, message_id: str) -> Draft:
    """Return the draft of this id; raise 404."""
    found = drafts.find(mailbox.oid, "id", message_id)
    if not found:
        raise shown.not_found()
    return found[0]


@bp.patch("/me/messages/<message_id>")
@bp.patch("/users/<name>/messages/<message_id>")
@call.needs("Mail.ReadWrite")
def change(by: Caller, mailbox: Account, message_id: str) -> ResponseReturnValue:
    """Change a draft and answer with all of it."""
    value = send.read_json(limits.read_body())
    message.read(value)
    members = message.shaped(value, message.SHAPES, "microsoft.graph.message")
    members = {name: each for name, each in members.items() if name[0] != "@"}
    kept = only(mailbox, message_id)
    fixed = set(members) - CHANGEABLE
    if fixed or (kept.source and "body" in members):
        raise Problem(
            400,
            "ErrorInvalidPropertySet",
            f"These properties cannot be changed: {', '.join(fixed) or 'body'}.",
        )
    properties = _addressed(kept.properties | members, mailbox)
    source = _rewritten(kept.source, members) if kept.source else b""
    with busy.alone(kept.id):
        drafts.change(kept, properties, source)
    return shown.draft(only(mailbox, message_id), mailbox), 200, shown.preference()


def _rewritten(source: bytes, members: dict[str, Any]) -> bytes:
    """Return a MIME message whose headers say what the properties say now."""
    letter = message.read(members)
    lines = {
        "subject": mime.text_line("Subject", letter.subject),
        "toRecipients": mime.address_line("To", letter.to),
        "ccRecipients": mime.address_line("Cc", letter.cc),
        "bccRecipients": mime.address_line("Bcc", letter.bcc),
        "replyTo": mime.address_line("Reply-To", letter.reply_to),
        "internetMessageId": f"Message-ID: {letter.message_id}",
        "importance": f"Importance: {letter.importance}",
    }
    names = [name for name in members if name in HEADERS]
    # An empty list takes the header away.
    add = [lines[name] for name in names if members[name]]
    return mime.rewrite(source, [HEADERS[name] for name in names], add)


@bp.delete("/me/messages/<message_id>")
@bp.delete("/users/<name>/messages/<message_id>")
@call.needs("Mail.ReadWrite")
def delete(by: Caller, mailbox: Account, message_id: str) -> ResponseReturnValue:
    """Delete a draft."""
    drafts.remove(only(mailbox, message_id))
    return send.empty(204)


@bp.post("/me/messages/<message_id>/send")
@bp.post("/users/<name>/messages/<message_id>/send")
@call.needs("Mail.Send")
def send_draft(by: Caller, mailbox: Account, message_id: str) -> ResponseReturnValue:
    """Send a draft; it becomes another message, in Sent Items."""
    if request.content_length is None:
        raise Problem(411, "ErrorInvalidRequest", "Content-Length is required.")
    if request.content_length:
        raise Problem(400, "ErrorInvalidRequest", "The body must be empty.")
    with busy.alone(only(mailbox, message_id).id):
        kept = only(mailbox, message_id)
        parcel = _parcel(by, mailbox, kept)
        limits.check_message(parcel.size)
        _record(parcel, kept)
    return send.empty(202)


def _parcel(by: Caller, mailbox: Account, kept: Draft) -> Parcel:
    letter = message.read(kept.properties)
    if kept.source:
        parcel = send.parcel_of_mime(by, mailbox, kept.source, letter.from_)
    else:
        parcel = send.parcel_of_letter(by, mailbox, letter, kept=True)
    return replace(parcel, files=tuple(files.of(kept.id)))


def _record(parcel: Parcel, kept: Draft) -> None:
    changes = faults.meet(Kind.IDS_CHANGE)
    again = faults.meet(Kind.SEND_AGAIN)
    with store.current().transaction():
        mails.record(replace(parcel, immutable=None if changes else kept.immutable))
        if not again:
            drafts.remove(kept)
