"""What an application decides about its own messages over HTTP."""

from http import HTTPStatus
from uuid import UUID

from flask import g
from flask.typing import ResponseReturnValue

from portal import db
from portal.intake import desk
from portal.intake.http import door, messages, shapes
from portal.intake.http.door import bp
from portal.mail.outbox import decisions, records


@bp.post("/messages/<uuid:message_id>/retry")
def retry(message_id: UUID) -> ResponseReturnValue:
    """Send this very message now."""
    with db.session() as session:
        door.own(session, message_id)
        decisions.retry(session, message_id, g.key.name)
        record = records.find(session, message_id)
    told = {"id": str(record.id), "status": record.state, "reason": record.reason}
    return told | {"links": shapes.links(record)}, HTTPStatus.ACCEPTED


@bp.post("/messages/<uuid:message_id>/resend")
def resend(message_id: UUID) -> ResponseReturnValue:
    """Send a new message with the content of this one."""
    with db.reading() as session:
        door.own(session, message_id)
    receipt = desk.again(message_id, door.caller())
    old = {"copy_of": shapes.address(message_id)}
    return shapes.accepted(receipt, {"self": shapes.address(receipt.id)} | old)


@bp.post("/messages/<uuid:message_id>/arrival")
def arrival(message_id: UUID) -> ResponseReturnValue:
    """Say that a message arrived though nobody could find out."""
    with db.session() as session:
        door.own(session, message_id)
        decisions.arrived(session, message_id, g.key.name)
    return messages.show(message_id)


@bp.post("/messages/<uuid:message_id>/cancellation")
def cancellation(message_id: UUID) -> ResponseReturnValue:
    """Never send this message."""
    with db.session() as session:
        door.own(session, message_id)
        decisions.cancel(session, message_id, g.key.name)
    return messages.show(message_id)
