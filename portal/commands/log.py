"""The mail log at the command line: `portal log`."""

import json
import sys
import time

import click

from portal import config, db
from portal.commands import operator
from portal.mail import journal
from portal.mail.journal import Event, Line
from portal.mail.outbox import State, records
from portal.workspace import accounts, connections
from portal.workspace.accounts import Account
from portal.workspace.consent import changes
from portal.workspace.registration import issuers

LOOK_SECONDS = 0.5
PAGE = 100  # lines
SEARCHED = 10_000  # lines that are searched for those of one kind
# What a message is when a line is written, is as good a name for the line.
KINDS = {event.value: event for event in Event} | {State.QUEUED.value: Event.ACCEPTED}
ANNOUNCED = "Please visit the following URL to authenticate account"


@click.command()
@click.option("--follow", is_flag=True, help="Go on until Ctrl-C.")
@click.option(
    "--status",
    "event",
    type=click.Choice([*KINDS]),
    metavar="KIND",
    help=f"Only one kind of line: {', '.join(KINDS)}.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def log(*, follow: bool, event: str | None, as_json: bool) -> None:
    """Print the mail log, the newest lines last.

    At a terminal it ends with a link for each account that needs a sign-in.
    """
    operator.enter()
    kind = KINDS.get(event or "")
    with db.reading() as session:
        lines = journal.latest(session, SEARCHED if event else PAGE)
    cursor = _print(lines, kind, as_json)
    _ask_for_sign_ins()
    while follow:
        with db.reading() as session:
            lines = journal.after(session, cursor, PAGE)
        cursor = _print(lines, kind, as_json) or cursor
        if any(line.event == Event.ACCOUNT_HELD for _, line in lines):
            _ask_for_sign_ins()
        if len(lines) < PAGE:
            time.sleep(LOOK_SECONDS)


def _ask_for_sign_ins() -> None:
    """Show the links of accounts that need a sign-in, beside the log and not in it.

    Whoever has a link can connect an account: it is for eyes, and no file keeps it. It
    is the one that serves already; a new one is made only where there is none.
    """
    with db.reading() as session:
        needy = [each for each in accounts.every(session) if _needs(session, each)]
    for account in needy:
        click.echo(f"{ANNOUNCED} {account.name}:\n{_where(account)}", err=True)


def _needs(session: db.Session, account: Account) -> bool:
    """Tell whether mail can only go on when somebody signs in."""
    used = account.by_consent and account.enabled
    if not used or issuers.of(session, account.id) is None:
        return False
    connection = connections.find(session, account.id)
    if connection is None:
        return account.sender is not None or records.waiting(session, account.id) > 0
    return bool(connection.trouble)


def _where(account: Account) -> str:
    if not sys.stderr.isatty():
        return f"see: portal connect {account.name}"
    with db.session() as session:
        change = changes.pending(session, account.id)
        if change is None:
            change = changes.invite(session, account.id, None, operator.NAME)
    return f"{config.current().base_url}/connect/{change.link}"


def _print(lines: list[tuple[int, Line]], event: Event | None, as_json: bool) -> int:
    """Print what is asked for, no more than a page; return the cursor, 0 for none."""
    show = _as_json if as_json else _as_text
    wanted = [line for _, line in lines if event in (None, line.event)]
    for line in wanted[-PAGE:]:
        click.echo(show(line))
    return lines[-1][0] if lines else 0


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
        "cause": line.cause,
        "answer": vars(line.answer) if line.answer else None,
        "again_at": line.again_at and line.again_at.isoformat(),
    }
    return json.dumps({name: value for name, value in told.items() if value})
