"""The door for people and scripts at a shell: `portal send`."""

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.utils import formataddr
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
from rich.text import Text

from portal import config, db
from portal.accept import Receipt
from portal.errors import InvalidMessage, Problem
from portal.explanations import Told, tell, terminal
from portal.intake import desk
from portal.intake.cover import Cover
from portal.mail import journal, transfers
from portal.mail.journal import Event
from portal.mail.message import Address, Attachment, Message
from portal.mail.message.address import checked
from portal.mail.outbox import State, records
from portal.mail.outbox.records import Record
from portal.mail.outbox.records.movable import movable
from portal.workspace import accounts, house
from portal.workspace.accounts import places

BESIDE = frozenset({"account"})  # what may be said beside a finished mail
LOOK_SECONDS = 0.2
PIECE = 64 * 1024  # bytes
LONGEST_HEAD = 1024 * 1024  # bytes
BLANK_LINE = re.compile(rb"\r?\n\r?\n")
FROM = re.compile(rb"^from[ \t]*:", re.IGNORECASE | re.MULTILINE)
NOBODY = "<>"  # as a bounce comes from
HAND_OVER = "m"  # of -bm: take a mail from standard input, sendmail's own default
HOW = {
    State.HELD: "When that is mended: portal messages retry {id}",
    State.UNCONFIRMED: "Look into Sent Items, then: portal messages arrived {id},"
    " or: portal messages resend {id}",
}
NEEDED = "Enable them at {at}/messages/{id}."
Show = Callable[[Receipt, Record | None], None]
UNDERWAY = frozenset({State.QUEUED, State.SENDING})


@click.command()
@click.argument("recipients", nargs=-1, metavar="[RECIPIENT]...")
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
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("-t", "by_header", is_flag=True, help="As sendmail: the header says to.")
@click.option(
    "-f", "-r", "return_path", metavar="ADDRESS", help="From, if it has none."
)
@click.option("-F", "full_name", metavar="NAME", help="The name beside -f.")
@click.option("-i", is_flag=True, help="As sendmail: a dot ends nothing; so always.")
@click.option("-o", multiple=True, metavar="OPTION", help="As sendmail: no effect.")
@click.option("-b", "mode", metavar="m", default=HAND_OVER, help="As sendmail.")
def send(
    *,
    recipients: tuple[str, ...],
    attach: tuple[str, ...],
    idempotency_key: str | None,
    wait: bool,
    as_json: bool,
    **fields: Any,
) -> None:
    """Send a mail.

    Without --to, --cc, --bcc and --attach it is a finished mail from standard input, as
    sendmail takes it: to the recipients that stand here, whomever its header names, or
    without any to those of its header.

    Prints the message's id and status. Exit code 0: accepted (with --wait: sent);
    1: it needs attention; 2: the message is wrong, and nothing was stored.
    """
    envelope = _envelope(recipients, fields)
    author = _author(fields)
    caller = desk.caller("operator", idempotency_key)
    given = {name: value for name, value in fields.items() if value not in (None, ())}
    house.open_up(config.current())
    if given.keys() & {"to", "cc", "bcc"} or attach or not (envelope or _piped()):
        _check_alone(envelope)
        receipt = desk.take(_message(given, attach), caller)
    else:
        mail = _finished(given)
        mail = _authored(mail, author) if author else mail
        cover = Cover(recipients=envelope)
        receipt = desk.take(mail, caller, given.get("account"), cover)
    sys.exit(follow(receipt, _as_json if as_json else _as_text, wait=wait))


def follow(receipt: Receipt, show: Show, *, wait: bool) -> int:
    """Show how a message does; return the exit code."""
    if not wait:
        show(receipt, None)
        return 0
    try:
        with _bar() as bar:
            record = _watch(UUID(receipt.id), bar)
    except KeyboardInterrupt:
        # Whoever stops waiting still wants to know which message it was.
        show(receipt, None)
        raise
    show(receipt, record)
    return 0 if record.state == State.SENT else 1


def _as_json(receipt: Receipt, record: Record | None) -> None:
    told: dict[str, Any] = {"id": receipt.id, "status": receipt.status}
    if record:
        told["status"], told["reason"] = record.state, record.reason
        told["explanation"] = _explained(record).plain
    click.echo(json.dumps(told))


def _as_text(receipt: Receipt, record: Record | None) -> None:
    click.echo(f"{receipt.id} {record.state if record else receipt.status}")
    if record is None:
        return
    if record.reason:
        lines = terminal.explained(_explained(record))
        click.echo("\n".join(lines), err=True)
    if record.need:
        click.echo(NEEDED.format(at=config.current().base_url, id=record.id), err=True)
    elif record.state in HOW and not record.behind:
        click.echo(HOW[record.state].format(id=record.id), err=True)


def _explained(record: Record) -> Told:
    with db.reading() as session:
        account = accounts.by_id(session, record.account_id)
        page = places.repair(session, account)
    return record.told.at(page)


def _envelope(recipients: tuple[str, ...], fields: dict[str, Any]) -> list[str] | None:
    """Return whom sendmail's arguments name; None: the header names them."""
    if fields.pop("mode") != HAND_OVER:
        raise click.UsageError("Of -b only -bm can be done: portal send hands over.")
    if fields.pop("by_header") and recipients:
        raise click.UsageError("With -t the header names the recipients: name none.")
    fields.pop("i"), fields.pop("o")
    return [*recipients] or None


def _author(fields: dict[str, Any]) -> str:
    """Return the From of a mail that does not say so itself; "" for nobody's."""
    address, name = fields.pop("return_path"), fields.pop("full_name") or ""
    if address in (None, "", NOBODY):
        return ""
    try:
        author = checked(Address(address=address, name=name))
        return formataddr((author.name, author.address))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="-f") from error


def _check_alone(envelope: list[str] | None) -> None:
    if envelope:
        reason = "go with a finished mail from standard input, not with --to"
        raise InvalidMessage.of("recipients", reason)


def _authored(mail: Iterator[bytes], author: str) -> Iterator[bytes]:
    """Let a mail without a From come from somebody."""
    head = b""
    for piece in mail:
        head += piece
        if BLANK_LINE.search(head) or len(head) > LONGEST_HEAD:
            break
    [fields, *_] = BLANK_LINE.split(head, maxsplit=1)
    if not FROM.search(fields):
        yield f"From: {author}\r\n".encode()
    yield head
    yield from mail


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
    # What is held for its account may leave by another the next moment.
    passing, told = True, set[str]()
    while True:
        with db.reading() as session:
            record = records.find(session, message_id)
            come = transfers.progress(session, message_id)
        if record.state not in UNDERWAY and not (record.behind and passing):
            _say([*_passed_on(record, told)], bar)
            return record
        passing = record.behind and _passes_on(record)
        if record.reason not in told | {""} and not record.behind:
            told.add(record.reason)
            _say(terminal.explained(_explained(record)), bar)
        if come:
            bar.update(bar.task_ids[0], completed=come.done, total=come.total)
        time.sleep(LOOK_SECONDS)


def _say(lines: list[str], bar: Bar) -> None:
    """Say something above the bar; without a terminal just say it."""
    for line in lines:
        bar.console.print(Text.from_ansi(line), soft_wrap=True)


def _passed_on(record: Record, told: set[str]) -> Iterator[str]:
    """Tell what was sent by another account than its own, unless it was told."""
    if record.state != State.SENT:
        return
    with db.reading() as session:
        story = journal.story(session, record.id)
    for line in story:
        if line.event == Event.DIVERTED and line.reason not in told:
            yield terminal.what(tell(line.reason, line.cause))


def _passes_on(record: Record) -> bool:
    """Tell whether what waits for its account leaves by the fallback of that."""
    with db.reading() as session:
        account = accounts.by_id(session, record.account_id)
        able = accounts.falls_back(session, account)
        return able and movable(session, record.id)
