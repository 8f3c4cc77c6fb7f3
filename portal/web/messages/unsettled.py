"""What a human must settle one by one: held and unconfirmed messages, newest first."""

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, render_template, request

from portal import db
from portal.mail.outbox import State, records
from portal.mail.outbox.records import Record
from portal.web.messages import story
from portal.web.session import guard

bp = Blueprint("messages", __name__)
guard.admins_only(bp, home="/messages")

PAGE = 50  # messages
UNSETTLED = (State.HELD, State.UNCONFIRMED)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One message of the list."""

    record: Record
    reason: str


@bp.get("/messages")
def index() -> str:
    """List what needs a decision of its own."""
    state, before = request.args.get("state", ""), _before()
    chosen = [each for each in UNSETTLED if each == state] or UNSETTLED
    with db.reading() as session:
        found = records.unsettled(session, chosen, PAGE + 1, before)
        counts = records.stuck(session)
    return render_template(
        "messages/index.html",
        rows=[
            Row(record=record, reason=story.advice(record.reason)[0])
            for record in found[:PAGE]
        ],
        counts={each.value: counts.get(each, 0) for each in UNSETTLED},
        state=chosen[0].value if len(chosen) == 1 else "",
        before=before,
        older=found[PAGE - 1].id if len(found) > PAGE else None,
    )


def _before() -> UUID | None:
    """Return where the list goes on; None for its beginning."""
    try:
        return UUID(request.args.get("before", ""))
    except ValueError:
        return None
