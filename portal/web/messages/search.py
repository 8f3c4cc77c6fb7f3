"""All messages, the newest first: by their state, or by what somebody looks for."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, render_template, request
from werkzeug.datastructures import MultiDict

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
    look = asked(request.args, limit=PAGE)
    with db.reading() as session:
        every = [each.id for each in accounts.every(session)]
        found = search.find(session, look, every)
    return render_template(
        "messages/index.html",
        rows=[
            Row(record=record, reason=story.advice(record.reason)[0])
            for record in found.records
        ],
        found=found,
        words=look.words,
        status=NEEDS_YOU if look.stuck else look.state or "",
        before=look.before,
        walk=look.walk,
        here=_behind(found.records[0].id) if found.records else None,
    )


def asked(said: MultiDict[str, str], limit: int) -> Search:
    """Return what an address or a form asks for; what is wrong counts as not said.

    A NUL is one such thing: PostgreSQL takes none, not even to look for it.
    """
    status = said.get("status", "")
    before = ids([said.get("before", "")])
    return Search(
        words=said.get("q", "").replace("\0", "").strip()[:LONGEST],
        state=State(status) if status in set(State) else None,
        stuck=status == NEEDS_YOU,
        before=before[0] if before else None,
        limit=limit,
    )


def ids(said: Iterable[str]) -> list[UUID]:
    """Return the ids among some words, each once."""
    found: dict[UUID, None] = {}
    for each in said:
        with suppress(ValueError):
            found[UUID(each)] = None
    return list(found)


def _behind(message_id: UUID) -> UUID:
    """Return the id before which a message is the first, but nothing newer."""
    return UUID(int=message_id.int + 1)
