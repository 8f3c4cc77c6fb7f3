"""Retry, Cancel, Resend, It arrived: what an admin decides about one message."""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, flash, redirect
from flask.typing import ResponseReturnValue

from portal import db
from portal.errors import Conflict, NotFound, Refused
from portal.intake import desk
from portal.mail.outbox import State, decisions, records
from portal.web.language import gettext as _
from portal.web.language import said
from portal.web.messages import page
from portal.web.session import guard
from portal.workspace import cancellation

bp = Blueprint("choices", __name__)
guard.admins_only(bp, home="/messages")

Decision = Callable[[db.Session, UUID, str], None]


@bp.post("/messages/<uuid:message_id>/retry")
def retry(message_id: UUID) -> ResponseReturnValue:
    """Send this very message now."""
    return _decide(message_id, decisions.retry)


@bp.post("/messages/<uuid:message_id>/cancellation")
def cancel(message_id: UUID) -> ResponseReturnValue:
    """Never send this message."""
    return _decide(message_id, cancellation.cancel)


@bp.post("/messages/<uuid:message_id>/arrival")
def arrive(message_id: UUID) -> ResponseReturnValue:
    """Say that a message arrived though nobody could find out."""
    return _decide(message_id, decisions.arrived)


@bp.post("/messages/<uuid:message_id>/resend")
def resend(message_id: UUID) -> ResponseReturnValue:
    """Send a new message with the content of this one, and show that."""
    try:
        caller = desk.caller(guard.admin().called, None)
        receipt = desk.again(message_id, caller)
    except NotFound:
        raise
    except Refused as error:
        return _refuse(message_id, error)
    flash(_("This is the new message: a copy of the other, on its way."))
    return redirect(f"/messages/{receipt.id}", code=303)


def _decide(message_id: UUID, decision: Decision) -> ResponseReturnValue:
    try:
        with db.session() as session:
            decision(session, message_id, guard.admin().called)
            state = records.find(session, message_id).state
    except Conflict as error:
        return _refuse(message_id, error)
    _tell(state)
    return redirect(f"/messages/{message_id}", code=303)


def _tell(state: State) -> None:
    """Say what a decision came to."""
    words = {
        State.QUEUED: (_("It goes out before the others that wait."), "ok"),
        State.HELD: (_("Its account is held, and is tried at once."), "busy"),
        State.SENT: (_("It is settled as sent."), "ok"),
        State.CANCELLED: (_("It was cancelled and will not be sent."), "ok"),
        State.UNCONFIRMED: (
            _("It will not be sent any more, but may have been sent before."),
            "warn",
        ),
    }
    if state in words:
        flash(*words[state])


def _refuse(message_id: UUID, error: Refused) -> ResponseReturnValue:
    return page.show(message_id, refusal=said(error)), 409
