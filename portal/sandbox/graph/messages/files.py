"""The attachments of a draft, small ones in one request and large ones in a session."""

import json
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from portal.sandbox import faults
from portal.sandbox.faults import Kind
from portal.sandbox.graph import call, limits, message, send
from portal.sandbox.graph.access import Caller
from portal.sandbox.graph.messages import keep, shown, uploads
from portal.sandbox.graph.messages.busy import alone
from portal.sandbox.graph.problems import Problem, not_read
from portal.sandbox.mailbox import drafts, files
from portal.sandbox.mailbox import uploads as sessions
from portal.sandbox.mailbox.files import Kept
from portal.sandbox.mailbox.mime import Label
from portal.sandbox.mailbox.uploads import Life
from portal.sandbox.seeds import Account

bp = Blueprint("files", __name__, url_prefix="/v1.0")

# Between the two it is UNCONFIRMED which road is open; here both are.
SINGLE_BELOW = 3 * 1024 * 1024
SESSION_FROM = 3_000_000
ITEM: dict[str, tuple[type, ...]] = {
    "attachmentType": (str,),
    "name": (str,),
    "size": (int,),
    "contentType": (str,),
    "isInline": (bool,),
    "contentId": (str,),
}


@bp.post("/me/messages/<message_id>/attachments")
@bp.post("/users/<name>/messages/<message_id>/attachments")
@call.needs("Mail.ReadWrite")
def attach(by: Caller, mailbox: Account, message_id: str) -> ResponseReturnValue:
    """Add a file below 3 MB."""
    kept = keep.only(mailbox, message_id)
    with alone(kept.id):
        file = message.read_file(send.read_json(limits.read_body()))
        if file.size >= SINGLE_BELOW:
            raise Problem(413, "RequestEntityTooLarge", "Use an upload session.")
        limits.check_message(drafts.encoded_size(kept.id) + file.size * 4 // 3)
        file_id = drafts.attach(kept.id, file)
    return shown.file(_one(kept.id, file_id)), 201


@bp.get("/me/messages/<message_id>/attachments")
@bp.get("/users/<name>/messages/<message_id>/attachments")
@call.needs("Mail.ReadWrite")
def several(by: Caller, mailbox: Account, message_id: str) -> ResponseReturnValue:
    """List the files that were added to a draft."""
    kept = keep.only(mailbox, message_id)
    return {"value": [shown.file(each) for each in files.of(kept.id)]}


@bp.delete("/me/messages/<message_id>/attachments/<file_id>")
@bp.delete("/users/<name>/messages/<message_id>/attachments/<file_id>")
@call.needs("Mail.ReadWrite")
def detach(
    by: Caller, mailbox: Account, message_id: str, file_id: str
) -> ResponseReturnValue:
    """Take a file away from a draft."""
    kept = keep.only(mailbox, message_id)
    with alone(kept.id):
        drafts.detach(kept.id, _one(kept.id, file_id))
    return send.empty(204)


def _one(draft_id: str, file_id: str) -> Kept:
    for file in files.of(draft_id):
        if file.id == file_id:
            return file
    raise shown.not_found()


@bp.post("/me/messages/<message_id>/attachments/createUploadSession")
@bp.post("/users/<name>/messages/<message_id>/attachments/createUploadSession")
@call.needs("Mail.ReadWrite")
def create_session(
    by: Caller, mailbox: Account, message_id: str
) -> ResponseReturnValue:
    """Open a session for a file from 3 MB on; its address needs no token."""
    kept = keep.only(mailbox, message_id)
    item = _item(send.read_json(limits.read_body()))
    label = Label(
        name=item["name"],
        content_type=item.get("contentType") or "application/octet-stream",
        inline=bool(item.get("isInline")),
        content_id=item.get("contentId"),
    )
    session = sessions.begin(kept, by.app_id, item["size"], label, _life())
    elsewhere = faults.take(Kind.UPLOAD_ELSEWHERE, request=send.called())
    return uploads.opened(session, message_id, elsewhere), 201


def _life() -> Life:
    """Return how long a session lasts: as ever, or as a fault says."""
    fault = faults.take(Kind.SESSION_EXPIRES, request=send.called())
    if fault is None:
        return Life()
    seconds = float(fault.more.get("after_seconds", sessions.SESSION_SECONDS))
    most = fault.more.get("after_ranges", None if "after_seconds" in fault.more else 1)
    return Life(seconds=seconds, most=most)


def _item(value: Any) -> dict[str, Any]:
    members = message.shaped(value, {"attachmentItem": (dict,)}, "createUploadSession")
    item = message.shaped(
        members.get("attachmentItem"), ITEM, "microsoft.graph.attachmentItem"
    )
    if str(item.get("attachmentType")).lower() != "file":
        raise Problem(
            405,
            "ErrorAttachmentSessionIsSupportedOnlyForFileAttachments",
            "Sessions are for file attachments only.",
        )
    if not item.get("name") or not isinstance(item.get("size"), int):
        raise not_read(f"name and size are needed: {json.dumps(sorted(item))}")
    _check_size(item["size"])
    return item


def _check_size(size: int) -> None:
    if size < SESSION_FROM:
        raise Problem(
            400,
            "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize",
            "Attachment size must be greater than the minimum size.",
        )
    if size > limits.LARGEST_BYTES:
        raise Problem(
            400, "ErrorMessageSizeExceeded", "The file is larger than 150 MB."
        )
