"""The same lines as a file: every line that is asked for, for a spreadsheet."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from io import StringIO

from flask import Blueprint, Response

from portal import db, explanations
from portal.errors import Answer
from portal.mail.journal import Line, search, snapshots
from portal.mail.journal.search import Search
from portal.web.log import asked
from portal.web.session import guard
from portal.workspace import accounts

bp = Blueprint("log_export", __name__)
guard.admins_only(bp, home="/log")

LINES = 500  # that are read at once
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would reckon out
SETTINGS = {
    "authentication": "Authentication Type",
    "transport": "Transport",
    "host": "Hostname",
    "port": "Port",
    "username": "Username",
    "encryption": "Encryption Type",
    "sender": "From Email Address",
    "connected_as": "Connected as",
    "tenant": "Tenant ID",
    "client_id": "Application (Client) ID",
    "redirect_uri": "Redirect URI",
}
COLUMNS = (
    *("Registered at", "Status", "Log Message", "Explanation", "Account"),
    *("Message", "Attempt", "Answer", "Code", "Words", "Request-id"),
    *SETTINGS.values(),
)


@bp.get("/log/export")
def export() -> Response:
    """Send all lines that are asked for, the newest first, as they are read."""
    with db.reading() as session:
        wanted = asked.read(session).search
        names = {str(each.id): each.name for each in accounts.every(session)}
    return Response(
        _parts(replace(wanted, limit=LINES), names),
        mimetype="text/csv",
        headers={
            "Content-Disposition": 'attachment; filename="mail-server-logs.csv"',
            "Cache-Control": "no-store",
        },
    )


def _parts(wanted: Search, names: Mapping[str, str]) -> Iterator[str]:
    yield _written([COLUMNS])
    more: Search | None = wanted
    while more:
        # No session is open while whoever downloads is slow.
        with db.reading() as session:
            found = search.find(session, more)
            lines = [line for _, line in found.lines]
            kept = snapshots.several(session, {line.snapshot for line in lines})
        settings = {name: snapshot.settings for name, snapshot in kept.items()}
        rows = [_row(line, names, settings.get(line.snapshot, {})) for line in lines]
        yield _written(rows)
        more = replace(more, before=found.older) if found.older is not None else None


def _row(
    line: Line, names: Mapping[str, str], then: Mapping[str, str]
) -> Sequence[str]:
    said, row = line.answer or Answer(), explanations.find(line.cause)
    return (
        line.at.isoformat(timespec="milliseconds") if line.at else "",
        line.event,
        line.reason,
        row.title if row else "",
        names.get(str(line.account_id), ""),
        str(line.message_id or ""),
        str(line.attempt or ""),
        str(said.status or ""),
        said.code,
        said.text,
        said.request_id,
        *(then.get(name, "") for name in SETTINGS),
    )


def _written(rows: Sequence[Sequence[str]]) -> str:
    text = StringIO(newline="")
    csv.writer(text).writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def _harmless(cell: str) -> str:
    """Keep a spreadsheet from taking for a formula what others have said."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
