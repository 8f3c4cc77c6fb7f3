"""The door for people and scripts at a shell: `portal send`."""

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as Bar

from portal import config, db
from portal.accept import Receipt
from portal.errors import InvalidMessage, Problem
from portal.intake import desk
from portal.mail import transfers
from portal.mail.message import Attachment, Message
from portal.mail.outbox import State, records
from portal.mail.outbox.records import Record
from portal.workspace import house

BESIDE = frozenset({"account"})  # what may be said beside a finished mail
LOOK_SECONDS = 0.2
PIECE = 64 * 1024  # bytes
HOW = {
    State.HELD: "When that is mended: portal messages retry {id}",
    State.UNCONFIRMED: "Look into Sent Items, then: portal messages arrived {id},"
    " or: portal messages resend {id}",
}
NEEDED = "Enable them at {at}/messages/{id}; then it goes by itself."
UNDERWAY = frozenset({State.QUEUED, State.SENDING})


@click.command()
@click.option("--to", multiple=True, metavar="ADDRESS", help="May be repeated.")
@click.option("--cc", multiple=True, metavar="ADDRESS", help="Gets a copy.")
@click.option("--bcc", multiple=True, metavar="ADDRESS", help="Gets a copy unseen.")
@click.option("--from", "from", metavar="ADDRESS", help="Else the account's own.")
@click.option("--reply-to", multiple=True, metavar="ADDRESS", help="For answers.")
@click.option("--subject", help="Subject line.")
@click.option("--text", help="Body as plain text.")
@click.option("--html", help="Body as HTML.")
@click.option("--attach", multiple=True, metavar="FILE", help="A file to send along.")
@click.option("--account", metavar="NAME", help="Mail account; else the default one.")
@click.option("--priority", help="high, normal or low.")
@click.option("--expires-at", metavar="TIME", help="As 2026-12-24T18:00:00+01:00.")
@click.option("--idempotency-key", metavar="TEXT", help="Accept it only once.")
@click.option("--wait", is_flag=True, help="Wait until it is sent, or cannot be.")
def send(
    *, attach: tuple[str, ...], idempotency_key: str | None, wait: bool, **fields: Any
) -> None:
    """Send a mail.

    Without a recipient and a file it is a finished mail that comes from standard
    input, as sendmail -t takes it.

    Prints the message's id and status. Exit code 0: accepted (with --wait: sent);
    1: it needs attention; 2: the message is wrong, and nothing was stored.
    """
    caller = desk.caller("operator", idempotency_key)
    given = {name: value for name, value in fields.items() if value not in (None, ())}
    house.open_up(config.current())
    if given.keys() & {"to", "cc", "bcc"} or attach or not _piped():
        receipt = desk.take(_message(given, attach), caller)
    else:
        receipt = desk.take(_finished(given), caller, account=given.get("account"))
    sys.exit(follow(receipt, wait=wait))


def follow(receipt: Receipt, *, wait: bool) -> int:
    """Print how a message does; return the exit code."""
    if not wait:
        click.echo(f"{receipt.id} {receipt.status}")
        return 0
    try:
        with _bar() as bar:
            record = _watch(UUID(receipt.id), bar)
    except KeyboardInterrupt:
        # Whoever stops waiting still wants to know which message it was.
        click.echo(f"{receipt.id} {receipt.status}")
        raise
    click.echo(f"{record.id} {record.state}")
    if record.reason:
        click.echo(record.reason, err=True)
    if record.need:
        click.echo(NEEDED.format(at=config.current().base_url, id=record.id), err=True)
    elif record.state in HOW and not record.behind:
        click.echo(HOW[record.state].format(id=record.id), err=True)
    return 0 if record.state == State.SENT else 1


def _piped() -> bool:
    return sys.stdin is not None and not sys.stdin.isatty()


def _message(given: dict[str, Any], attach: tuple[str, ...]) -> Message:
    files: list[Attachment] = []
    problems: list[Problem] = []
    for number, path in enumerate(attach):
        try:
            files.append(Attachment(Path(path)))
        except InvalidMessage as error:
            problems += [replace(p, field=f"attach[{number}]") for p in error.problems]
        except OSError:
            reason = "cannot be read as a file"
            problems.append(Problem(field=f"attach[{number}]", reason=reason))
    if problems:
        raise InvalidMessage(problems)
    return Message(**given, attachments=files)


def _finished(given: dict[str, Any]) -> Iterator[bytes]:
    if more := given.keys() - BESIDE:
        reason = "goes with --to only; a mail from standard input says it itself"
        raise InvalidMessage([Problem(field=n, reason=reason) for n in sorted(more)])
    return iter(lambda: sys.stdin.buffer.read(PIECE), b"")


def _bar() -> Bar:
    """Make a bar for the files that go by themselves; it only moves until there are."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    rates = (TransferSpeedColumn(), TimeRemainingColumn(compact=True))
    console = Console(stderr=True)
    hidden = not console.is_terminal
    bar = Bar(*columns, *rates, console=console, transient=True, disable=hidden)
    bar.add_task("Waiting for Microsoft 365 …", total=None)
    return bar


def _watch(message_id: UUID, bar: Bar) -> Record:
    while True:
        with db.reading() as session:
            record = records.find(session, message_id)
            come = transfers.progress(session, message_id)
        if record.state not in UNDERWAY:
            return record
        if come:
            bar.update(bar.task_ids[0], completed=come.done, total=come.total)
        time.sleep(LOOK_SECONDS)
