"""What an application decides about its own messages over HTTP."""

from dataclasses import replace
from http import HTTPStatus
from uuid import UUID

from flask import g, request
from flask.typing import ResponseReturnValue

from portal import db
from portal.errors import InvalidMessage
from portal.intake import bulk, desk
from portal.intake.bulk import Act, Decision
from portal.intake.http import door, messages, shapes
from portal.intake.http.door import bp
from portal.mail.outbox import decisions, records
from portal.workspace import accounts
from portal.workspace.cancellation import cancel


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
        cancel(session, message_id, g.key.name)
    return messages.show(message_id)


@bp.post("/messages/retry")
def retry_all() -> ResponseReturnValue:
    """Send the messages of a page on, now."""
    return _all(Act.RETRY)


@bp.post("/messages/resend")
def resend_all() -> ResponseReturnValue:
    """Send the messages of a page again, as new ones."""
    return _all(Act.RESEND)


@bp.post("/messages/arrival")
def arrival_all() -> ResponseReturnValue:
    """Say that the messages of a page arrived."""
    return _all(Act.ARRIVE)


@bp.post("/messages/cancellation")
def cancellation_all() -> ResponseReturnValue:
    """Never send the messages of a page."""
    return _all(Act.CANCEL)


def _all(act: Act) -> ResponseReturnValue:
    door.refuse_parameters(messages.PARAMETERS)
    page = messages.asked(request.args)
    if page.state is None:
        raise InvalidMessage.of("status", "is missing")
    with db.reading() as session:
        every = [each.id for each in accounts.every(session)]
        found = records.brought(session, replace(page, limit=page.limit + 1), every)
    chosen = [each.id for each in found[: page.limit]]
    caller = desk.caller(g.key.name, None, g.key.id)
    decision = Decision(act=act, caller=caller, which=f"status {page.state}")
    step = bulk.decide(decision, chosen)
    taken = chosen[: len(chosen) - len(step.left)]
    more = len(taken) < len(found)
    return shapes.step(step, act, page, taken[-1] if more else None)
