"""Looking in: `portal status`, `portal log`, `portal db upgrade`."""

import json
import sys
import time
from typing import Any

import click

from portal import config, db, migrations, vault
from portal.errors import CannotDecrypt
from portal.mail import journal, lanes, outbox
from portal.mail.journal import Line
from portal.workspace import accounts, connections, house, registration

LOOK_SECONDS = 0.5
PAGE = 100  # lines


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(*, as_json: bool) -> None:
    """Tell what is connected, as whom, since when, and what waits."""
    house.open_up(config.current())
    if not vault.unlocked():
        raise CannotDecrypt
    with db.reading() as session:
        known = registration.current(session)
        standing = [_standing(session, each) for each in accounts.every(session)]
    found = {
        "application": known.client_id if known else None,
        "tenant": known.tenant if known else None,
        "accounts": standing,
    }
    click.echo(json.dumps(found, indent=2) if as_json else _readable(found))
    sys.exit(0 if all(each["state"] == "connected" for each in standing) else 1)


def _standing(session: db.Session, account: accounts.Account) -> dict[str, Any]:
    connection = connections.find(session, account.id)
    held = lanes.holding(session, account.id)
    return {
        "account": account.name,
        "state": "connected" if connection and not held else "needs attention",
        "from": account.sender,
        "connected_as": connection.username if connection else None,
        "since": connection.connected_at.isoformat() if connection else None,
        "proven": bool(connection and connection.proven_at),
        "waiting": outbox.waiting(session, account.id),
        "reason": held.reason if held else "",
    }


def _readable(found: dict[str, Any]) -> str:
    application = found["application"] or "none (see: portal register)"
    blocks = [f"Application   {application}"]
    for each in found["accounts"]:
        proven = "" if each["proven"] else ", not yet proven"
        connected = f"{each['connected_as'] or '–'}{proven if each['since'] else ''}"
        lines = {
            "Account": f"{each['account']} ({each['state']})",
            "From": each["from"] or "–",
            "Connected as": connected,
            "Since": each["since"] or "–",
            "Waiting": each["waiting"],
            "Reason": each["reason"],
        }
        blocks += [f"{name:<14}{text}" for name, text in lines.items() if text != ""]
    return "\n".join(blocks)


@click.command()
@click.option("--follow", is_flag=True, help="Go on until Ctrl-C.")
@click.option("--status", "event", help="Only lines of this kind: sent, held, …")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def log(*, follow: bool, event: str | None, as_json: bool) -> None:
    """Print the mail log, the newest lines last."""
    house.open_up(config.current())
    with db.reading() as session:
        lines = journal.latest(session, PAGE)
    show = _as_json if as_json else _as_text
    cursor = 0
    while True:
        for _, line in lines:
            if event in (None, line.event):
                click.echo(show(line))
        cursor = lines[-1][0] if lines else cursor
        if not follow:
            return
        time.sleep(LOOK_SECONDS)
        with db.reading() as session:
            lines = journal.after(session, cursor, PAGE)


def _as_text(line: Line) -> str:
    at = line.at.isoformat(timespec="seconds") if line.at else ""
    return f"{at}  {line.event:<12}  {line.message_id or '–'}  {line.reason}".rstrip()


def _as_json(line: Line) -> str:
    told = {
        "at": line.at and line.at.isoformat(),
        "event": line.event,
        "message": line.message_id and str(line.message_id),
        "account": line.account_id and str(line.account_id),
        "attempt": line.attempt,
        "reason": line.reason,
        "answer": vars(line.answer) if line.answer else None,
        "again_at": line.again_at and line.again_at.isoformat(),
    }
    return json.dumps({name: value for name, value in told.items() if value})


@click.group("db")
def db_() -> None:
    """Look after the database."""


@db_.command()
def upgrade() -> None:
    """Bring the schema to this version; every part does so when it starts."""
    house.open_up(config.current())
    click.echo(f"The schema is at version {migrations.HEAD}.")
