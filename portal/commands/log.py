"""The mail log at the command line: `portal log`."""

import json
import re
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import click

from portal import clock, config, db, explanations
from portal.commands import operator
from portal.explanations import Topic, terminal
from portal.mail.journal import SMOOTH, Event, Line, search
from portal.mail.journal.search import Numbered, Search
from portal.mail.outbox import State, records
from portal.workspace import accounts, connections
from portal.workspace.accounts import Account, places
from portal.workspace.consent import changes
from portal.workspace.registration import issuers

LOOK_SECONDS = 0.5
PAGE = 100  # lines
INDENT = " " * 4
# What a message is when a line is written, is as good a name for the line.
KINDS = {event.value: event for event in Event} | {State.QUEUED.value: Event.ACCEPTED}
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
AGO = re.compile(r"(\d{1,5})([mhd])")
NO_TIME = "Not a time: give 30m, 2h or 7d, or 2026-11-20, or 2026-11-20T14:30+00:00."
ANNOUNCED = "Please visit the following URL to authenticate account"


class Since(click.ParamType[datetime]):
    """A time, or how long ago it was."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if ago := AGO.fullmatch(value):
            return clock.now() - timedelta(**{UNITS[ago[2]]: int(ago[1])})
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.fail(NO_TIME, param, ctx)
        return at if at.tzinfo else at.replace(tzinfo=UTC)


@click.command()
@click.option("--follow", is_flag=True, help="Go on until Ctrl-C.")
@click.option(
    "--status",
    "event",
    type=click.Choice([*KINDS]),
    metavar="KIND",
    help=f"Only one kind of line: {', '.join(KINDS)}.",
)
@click.option("--account", metavar="NAME", help="Only what is about this account.")
@click.option(
    "--class",
    "topic",
    type=click.Choice([each.value for each in Topic]),
    metavar="CLASS",
    help=f"Only one kind of problem: {', '.join(Topic)}.",
)
@click.option("--since", type=Since(), help="Only from then on: 30m, 2h, 7d or a date.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def log(*, follow: bool, as_json: bool, **wanted: Any) -> None:
    """Print the mail log, the newest lines last.

    Below a line stands what to do, who does that, and what becomes of the mail.
    At a terminal it ends with a link for each account that needs a sign-in.
    """
    operator.enter()
    with db.reading() as session:
        asked = _asked(session, **wanted)
        cursor = search.newest(session)
        lines = _latest(session, replace(asked, before=cursor + 1))
    show = line_as_json if as_json else line_as_text
    _print(lines, show)
    _ask_for_sign_ins()
    if follow:
        with suppress(KeyboardInterrupt):  # as its help says that it ends
            _follow(asked, cursor, show)


def _follow(asked: Search, cursor: int, show: Callable[[Line, str], str]) -> None:
    while True:
        place = cursor
        with db.reading() as session:
            lines, cursor = search.fresh(session, asked, place, PAGE)
        _print(lines, show)
        if any(line.event == Event.ACCOUNT_HELD for _, line in lines):
            _ask_for_sign_ins()
        if cursor == place:
            time.sleep(LOOK_SECONDS)


def _asked(
    session: db.Session,
    event: str | None,
    account: str | None,
    topic: str | None,
    since: datetime | None,
) -> Search:
    return Search(
        every=True,
        event=KINDS[event] if event else None,
        account_id=accounts.find(session, account).id if account else None,
        topic=Topic(topic) if topic else None,
        since=since,
        limit=PAGE,
    )


def _latest(session: db.Session, asked: Search) -> list[Numbered]:
    """Look until there is a page, or nothing older; return it oldest first."""
    lines: list[Numbered] = []
    more: Search | None = asked
    while more and len(lines) < PAGE:
        found = search.find(session, more)
        lines += found.lines
        more = replace(more, before=found.older) if found.older is not None else None
    return lines[:PAGE][::-1]


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


def _print(lines: list[Numbered], show: Callable[[Line, str], str]) -> None:
    pages = _pages({line.account_id for _, line in lines if line.account_id})
    for _, line in lines:
        page = pages.get(line.account_id) if line.account_id else None
        click.echo(show(line, page or places.OWN))


def _pages(about: set[UUID]) -> dict[UUID, str]:
    """Return where each of these accounts is put right."""
    if not about:
        return {}
    with db.reading() as session:
        return places.repairs(session, accounts.several(session, about))


def line_as_text(line: Line, page: str) -> str:
    at = line.at.isoformat(timespec="seconds") if line.at else ""
    told = line.explained.at(page)
    said = terminal.what(told) if line.reason else ""
    head = f"{at}  {line.event:<12}  {line.message_id or '–'}  {said}".rstrip()
    heard = line.answer.raw if line.answer and line.event not in SMOOTH else ""
    remedy, answer = terminal.remedy(told, INDENT), terminal.answered(heard, INDENT)
    return "\n".join([head, *remedy, *answer])


def line_as_json(line: Line, page: str) -> str:
    told = {
        "at": line.at and line.at.isoformat(),
        "event": line.event,
        "message": line.message_id and str(line.message_id),
        "account": line.account_id and str(line.account_id),
        "attempt": line.attempt,
        "reason": line.reason,
        "cause": line.cause,
        "explanation": line.explained.at(page).plain,
        "class": explanations.topic(line.cause),
        "answer": vars(line.answer) if line.answer else None,
        "again_at": line.again_at and line.again_at.isoformat(),
    }
    return json.dumps({name: value for name, value in told.items() if value})
