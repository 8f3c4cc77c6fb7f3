"""The mail log as its page shows it, in every state."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from portal.errors import Answer
from portal.explanations import Topic, graph, network, own, sign_in, smtp
from portal.explanations.row import Explanation
from portal.mail.journal import Event, Line
from portal.mail.journal.search import Found, Search
from portal.web.log import entries
from portal.web.log.asked import Asked
from portal.web.log.entries import Entry
from portal.web.messages import story
from tests.web.standings import (
    ADMIN,
    FROM_NOREPLY,
    ID,
    LONG,
    NOREPLY,
    NOW,
    PORTAL,
    REPORTS,
    SEND_AS,
)
from tests.web.typed import field, form

HOSTILE = "<script>alert(1)</script>" + "W" * 120
BY_GRAPH = {
    "authentication": "oauth",
    "transport": "graph",
    "host": "graph.microsoft.com",
    "port": "443",
    "sender": NOREPLY,
    "connected_as": REPORTS,
    "connected_at": "2026-10-12 08:00:00 UTC",
    "permission": "delegated",
    "scopes": "Mail.Send Mail.Send.Shared",
    "tenant": "8f1c2d34-5b6a-4c7d-9e8f-0a1b2c3d4e5f",
    "client_id": "3b9e7a10-64d2-4f0b-8c1a-77e2d9b05c66",
    "redirect_uri": f"{PORTAL}/callback",
}
BY_SERVER = {
    "authentication": "basic",
    "transport": "smtp",
    "host": "smtp.example.com",
    "port": "587",
    "username": "relay",
    "encryption": "starttls",
    "sender": REPORTS,
}
CONNECTED_ANEW = BY_GRAPH | {"connected_at": "2026-11-20 11:31:00 UTC"}


def told(
    number: int,
    event: Event,
    row: Explanation | None = None,
    then: dict[str, str] | None = None,
    **said: Any,
) -> Entry:
    reason = row.sentence if row else ""
    line = Line(
        event=event,
        message_id=ID,
        attempt=1,
        cause=row.name if row else "",
        at=NOW - timedelta(minutes=7 * number),
        **{"reason": reason} | said,
    )
    by_server = then and then.get("transport") == "smtp"
    now = BY_SERVER if by_server else CONNECTED_ANEW
    found = entries.entry(18_204 - number, line, then, (FROM_NOREPLY, now), "/settings")
    assert found
    return found


LINES = [
    told(
        0,
        Event.DEFERRED,
        graph.THROTTLED,
        CONNECTED_ANEW,
        answer=Answer(
            status=429,
            code="ApplicationThrottled",
            text="Application is over its MailboxConcurrency limit.",
            request_id="3c8f0e52-9b1d-4d4a-8a3e-1f60a7f5c2b1",
        ),
        took=timedelta(milliseconds=380),
        again_at=NOW + timedelta(seconds=12),
    ),
    told(
        1,
        Event.ACCOUNT_HELD,
        sign_in.PASSWORD_CHANGED,
        BY_GRAPH,
        answer=Answer(status=400, code="AADSTS50173", text="The grant was revoked."),
    ),
    told(2, Event.UNCONFIRMED, own.NOT_FOUND, CONNECTED_ANEW),
    told(
        3,
        Event.FAILED,
        smtp.NOBODY,
        BY_SERVER,
        answer=Answer(status=550, code="5.1.1", text="No such user here."),
    ),
    told(
        4,
        Event.DEFERRED,
        network.UNRESOLVED,
        BY_SERVER,
        reason=network.UNRESOLVED.sentence.format(host="smtp.example.com"),
    ),
    told(
        5,
        Event.HELD,
        graph.NO_SEND_AS,
        BY_GRAPH | {"sender": LONG},
        reason=f"{graph.NO_SEND_AS.sentence} Command: {SEND_AS}",
    ),
    told(6, Event.CANCELLED, reason=f"Cancelled by {ADMIN}."),
    told(7, Event.SENT, then=CONNECTED_ANEW, answer=Answer(status=202)),
]
ALL = Found(lines=(), older=None, stopped=False)
EVERYTHING = Search()


ASKED = Asked(search=EVERYTHING, account="", since="")


def page(
    *lines: Entry, found: Found = ALL, search: Search = EVERYTHING, **more: Any
) -> dict[str, Any]:
    return {
        "signed_in": ADMIN,
        "needing": 2,
        "asked": replace(ASKED, search=search),
        "found": found,
        "entries": lines,
        "accounts": [("default", "default"), ("branch office", "branch office")],
        "events": [(each.value, story.words(each)) for each in Event],
        "walk": 5_000,
        "tail": None if search.before else 18_204,
        **more,
    }


STATES: dict[str, dict[str, Any]] = {
    "lines": page(*LINES, found=replace(ALL, older=18_197)),
    "older": page(LINES[1], search=replace(EVERYTHING, before=18_204)),
    "open": page(*LINES, asked=replace(ASKED, opened=18_203)),
    "hostile": page(
        told(0, Event.FAILED, then={"host": HOSTILE}, reason=HOSTILE),
        search=replace(EVERYTHING, words=HOSTILE, topic=Topic.SMTP),
    ),
    "stopped": page(
        found=replace(ALL, older=7, stopped=True), search=replace(EVERYTHING, words="x")
    ),
    "nothing": page(search=replace(EVERYTHING, words=LONG, event=Event.FAILED)),
    "calm": page(),
    "one-account": page(*LINES, accounts=[("default", "default")]),
}


def retention(*errors: str, content: tuple[str, ...], **more: Any) -> dict[str, Any]:
    return {
        "signed_in": ADMIN,
        "needing": 2,
        "form": form(
            *errors,
            records_days=field("records_days", "90"),
            content_days=field("content_days", *content),
        ),
        "fixed": {},
        "locked": False,
        **more,
    }


GIVEN = {
    "records_days": "PORTAL_RECORDS_DAYS",
    "content_days": "PORTAL_CONTENT_DAYS",
}
RETENTION = {
    "chosen": retention(content=("7",)),
    "wrong": retention(content=("many", "Type a whole number of days.")),
    "refused": retention("A record is kept for longer.", content=("91",)),
    "environment": retention(content=("7",), fixed=GIVEN, locked=True),
}
LOG_PAGES = {
    **{f"log-{name}": ("log/index.html", state) for name, state in STATES.items()},
    **{
        f"retention-{name}": ("log/retention.html", state)
        for name, state in RETENTION.items()
    },
}
