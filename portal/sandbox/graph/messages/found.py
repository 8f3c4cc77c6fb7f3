"""Messages read over Graph: one by id, or those with an internetMessageId."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, request, stream_with_context
from flask.typing import ResponseReturnValue

from portal.sandbox import faults
from portal.sandbox.faults import Kind
from portal.sandbox.graph import call
from portal.sandbox.graph.access import Caller
from portal.sandbox.graph.messages import shown
from portal.sandbox.graph.messages.shown import CONTEXT, Shown
from portal.sandbox.graph.problems import Problem
from portal.sandbox.mailbox import drafts, mails
from portal.sandbox.mailbox.drafts import Draft
from portal.sandbox.seeds import Account

bp = Blueprint("found", __name__, url_prefix="/v1.0")

FILTER = re.compile(r"internetMessageId eq '((?:[^']|'')*)'", re.IGNORECASE)
LAG_SECONDS = 20


@bp.get("/me/messages/<message_id>")
@bp.get("/users/<name>/messages/<message_id>")
@call.needs("Mail.ReadWrite")
def one(by: Caller, mailbox: Account, message_id: str) -> ResponseReturnValue:
    """Show a draft, or the copy in Sent Items that it became."""
    found = _found(mailbox, "id", message_id)
    if not found:
        raise shown.not_found()
    return found[0], 200, shown.preference()


@bp.get("/me/messages")
@bp.get("/users/<name>/messages")
@call.needs("Mail.ReadWrite")
def several(by: Caller, mailbox: Account) -> ResponseReturnValue:
    """Show the messages with an internetMessageId; no other filter is known."""
    match = FILTER.fullmatch(request.args.get("$filter", "").strip())
    if not match:
        raise Problem(
            400,
            "ErrorInvalidUrlQueryFilter",
            "The sandbox finds messages by internetMessageId eq '<…>' only.",
        )
    found = _found(mailbox, "message_id", match[1].replace("''", "'"))
    for each in found:
        each.pop("@odata.context")
    context = CONTEXT.format(mailbox.oid)
    return {"@odata.context": context, "value": found}, 200, shown.preference()


@bp.get("/me/messages/<message_id>/$value")
@bp.get("/users/<name>/messages/<message_id>/$value")
@call.needs("Mail.ReadWrite")
def source(by: Caller, mailbox: Account, message_id: str) -> ResponseReturnValue:
    """Hand out a sent message as MIME."""
    found = _sent(mailbox, "id", message_id)
    if not found:
        raise shown.not_found()
    source = stream_with_context(mails.source(found[0]["id"]))
    response = Response(source, mimetype="text/plain")
    response.content_length = found[0]["size"]
    return response


def _found(mailbox: Account, name: str, value: str) -> list[Shown]:
    return [
        *(shown.draft(each, mailbox) for each in _unsent(mailbox, name, value)),
        *(shown.mail(each, mailbox) for each in _sent(mailbox, name, value)),
    ]


def _unsent(mailbox: Account, name: str, value: str) -> list[Draft]:
    """Find drafts; that a search finds new ones late is UNCONFIRMED, hence a switch."""
    found = drafts.find(mailbox.oid, name, value)
    if name == "id":
        return found
    latest = _latest(Kind.DRAFT_LAG)
    return [each for each in found if datetime.fromisoformat(each.created) <= latest]


def _sent(mailbox: Account, name: str, value: str) -> list[dict[str, Any]]:
    """Find copies in Sent Items; "may 404 for a while" is Graph's word on new ones."""
    found = mails.in_mailbox(mailbox.oid, name, value)
    latest = _latest(Kind.SEARCH_LAG)
    return [each for each in found if datetime.fromisoformat(each["sent_at"]) <= latest]


def _latest(lag: Kind) -> datetime:
    """Return how new anything can be that is found, as this switch has it."""
    switched = faults.meet(lag)
    seconds = 0.0
    if switched:
        seconds = float(switched.more.get("after_seconds", LAG_SECONDS))
    return datetime.now(UTC) - timedelta(seconds=seconds)
