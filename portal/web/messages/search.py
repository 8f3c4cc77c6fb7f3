"""All messages, the newest first: by their state, or by what somebody looks for."""

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, render_template, request

from portal import db
from portal.mail.outbox import State
from portal.mail.outbox.records import Record, search
from portal.mail.outbox.records.search import Search
from portal.web.messages import story
from portal.web.session import guard
from portal.workspace import accounts

bp = Blueprint("messages", __name__)
guard.admins_only(bp, home="/messages")

PAGE = 50  # messages
LONGEST = 200  # characters to look for
NEEDS_YOU = "needs-you"  # held or unconfirmed, one by one


@dataclass(frozen=True, kw_only=True)
class Row:
    """One message of the list."""

    record: Record
    reason: str


@bp.get("/messages")
def index() -> str:
    """List all messages, or what is looked for among them."""
    asked = _asked()
    with db.reading() as session:
        every = [each.id for each in accounts.every(session)]
        found = search.find(session, asked, every)
    return render_template(
        "messages/index.html",
        rows=[
            Row(record=record, reason=story.advice(record.reason)[0])
            for record in found.records
        ],
        found=found,
        words=asked.words,
        status=NEEDS_YOU if asked.stuck else asked.state or "",
        before=asked.before,
        walk=search.WALK,
    )


def _asked() -> Search:
    """Return what the address asks for; what it says wrongly counts as not said."""
    status = request.args.get("status", "")
    return Search(
        words=request.args.get("q", "").strip()[:LONGEST],
        state=State(status) if status in set(State) else None,
        stuck=status == NEEDS_YOU,
        before=_before(),
        limit=PAGE,
    )


def _before() -> UUID | None:
    """Return where the list goes on; None for its beginning."""
    try:
        return UUID(request.args.get("before", ""))
    except ValueError:
        return None
