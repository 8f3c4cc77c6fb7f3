"""What has come since a page was made, for a page that is open."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal import db
from portal.mail.journal import search
from portal.web.language import ngettext, number
from portal.web.log import asked, entries
from portal.web.session import guard

bp = Blueprint("log_news", __name__)
guard.admins_only(bp, home="/log")


@bp.get("/log/news")
def news() -> ResponseReturnValue:
    """Tell the lines behind a cursor that are asked for, as the list shows them."""
    with db.reading() as session:
        wanted = asked.read(session).search
        after = asked.number("after")
        if after is None:
            after = search.newest(session)
        lines, cursor = search.fresh(session, wanted, after)
        told = entries.tell(session, lines[-asked.PAGE :][::-1])
        return {
            "after": cursor,
            "lines": render_template("log/lines.html", entries=told) if told else "",
            "aloud": _aloud(len(lines)) if lines else "",
        }


def _aloud(count: int) -> str:
    told = ngettext("%(count)s new line.", "%(count)s new lines.", count)
    return told % {"count": number(count)}
