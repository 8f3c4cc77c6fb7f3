"""One message: its page, and how far it has come, for a page that is open."""

from dataclasses import asdict
from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue

from portal import db
from portal.mail.outbox import records
from portal.web.messages import page, upload
from portal.web.session import guard

bp = Blueprint("message", __name__)
guard.admins_only(bp, home="/messages")


@bp.get("/messages/<uuid:message_id>")
def show(message_id: UUID) -> str:
    """Tell all about a message."""
    return page.show(message_id)


@bp.get("/messages/<uuid:message_id>/progress")
def progress(message_id: UUID) -> ResponseReturnValue:
    """Tell a page that is open whether there is news, and how far the files are."""
    with db.reading() as session:
        record = records.find(session, message_id)
        moving = upload.find(session, record)
    return {
        "state": record.state,
        "news": upload.news(record, moving),
        "upload": asdict(moving) if moving else None,
    }
