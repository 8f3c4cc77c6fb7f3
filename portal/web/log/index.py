"""Mail Server Logs: what went wrong and what was decided, the newest first."""

from flask import Blueprint, render_template

from portal import db
from portal.mail.journal import Event, search
from portal.web.log import asked, entries
from portal.web.messages import story
from portal.web.session import guard
from portal.workspace import accounts

bp = Blueprint("log", __name__)
guard.admins_only(bp, home="/log")


@bp.get("/log")
def index() -> str:
    """List the lines that are asked for."""
    with db.reading() as session:
        wanted = asked.read(session)
        first = wanted.search.before is None
        # Before the lines: one that comes meanwhile is told twice rather than never.
        tail = search.newest(session) if first else None
        found = search.find(session, wanted.search)
        return render_template(
            "log/index.html",
            asked=wanted,
            found=found,
            entries=entries.tell(session, found.lines),
            accounts=[(each.name, each.name) for each in accounts.every(session)],
            events=[(each.value, story.words(each)) for each in Event],
            walk=wanted.search.walk,
            tail=tail,
        )
