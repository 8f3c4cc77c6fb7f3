"""The door for people and scripts at a shell: `portal send`."""

import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from rich.console import Console

from portal import config, db
from portal.accept import Caller, Receipt
from portal.errors import InvalidMessage, Problem
from portal.intake import desk
from portal.mail import outbox
from portal.mail.message import Attachment, Message
from portal.mail.outbox import Record, State
from portal.workspace import house

LOOK_SECONDS = 0.2
UNDERWAY = frozenset({State.QUEUED, State.SENDING})


@click.command()
@click.option("--to", multiple=True, help="Recipient; may be repeated.")
@click.option("--cc", multiple=True, help="Gets a copy; may be repeated.")
@click.option("--bcc", multiple=True, help="Gets a copy unseen; may be repeated.")
@click.option("--from", "sender", help="Must be the account's own address.")
@click.option("--reply-to", multiple=True, help="Where answers shall go.")
@click.option("--subject", default="", help="Subject line.")
@click.option("--text", help="Body as plain text.")
@click.option("--html", help="Body as HTML.")
@click.option("--attach", multiple=True, metavar="FILE", help="A file to send along.")
@click.option("--account", help="Mail account; else the default one.")
@click.option("--priority", type=click.Choice(["high", "normal", "low"]))
@click.option("--expires-at", help="Give up then: 2026-12-24T18:00:00+01:00.")
@click.option("--idempotency-key", default="", help="Accept this message only once.")
@click.option("--wait", is_flag=True, help="Wait until it is sent, or cannot be.")
def send(
    *, attach: tuple[str, ...], idempotency_key: str, wait: bool, **fields: Any
) -> None:
    """Send a mail; or a finished one from standard input, as `sendmail -t` does.

    Prints the message's id and status. Exit code 0: accepted (with --wait: sent);
    1: it needs attention; 2: the message is wrong, and nothing was stored.
    """
    house.open_up(config.current())
    caller = Caller(name="operator", idempotency_key=idempotency_key)
    given = {name: value for name, value in fields.items() if value}
    if given.keys() & {"to", "cc", "bcc"} or attach or sys.stdin.isatty():
        receipt = desk.take(_message(given, attach), caller)
    else:
        receipt = desk.take(_finished(given), caller)
    sys.exit(follow(receipt, wait=wait))


def follow(receipt: Receipt, *, wait: bool) -> int:
    """Print how a message does; return the exit code."""
    if not wait:
        click.echo(f"{receipt.id} {receipt.status}")
        return 0
    with Console(stderr=True).status("Waiting for Microsoft 365 …"):
        record = _watch(UUID(receipt.id))
    click.echo(f"{record.id} {record.state}")
    if record.reason:
        click.echo(record.reason, err=True)
    return 0 if record.state == State.SENT else 1


def _message(given: dict[str, Any], attach: tuple[str, ...]) -> Message:
    files = []
    problems: list[Problem] = []
    for path in attach:
        try:
            files.append(Attachment(Path(path)))
        except (InvalidMessage, OSError):
            reason = f"{path} cannot be read as a file"
            problems.append(Problem(field="attach", reason=reason))
    if problems:
        raise InvalidMessage(problems)
    return Message(**given, attachments=files)


def _finished(given: dict[str, Any]) -> bytes:
    if given:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in sorted(given))
        reason = (
            f"goes with --to only; a mail from standard input brings its own: {names}"
        )
        raise InvalidMessage([Problem(field="options", reason=reason)])
    return sys.stdin.buffer.read()


def _watch(message_id: UUID) -> Record:
    while True:
        with db.reading() as session:
            record = outbox.find(session, message_id)
        if record.state not in UNDERWAY:
            return record
        time.sleep(LOOK_SECONDS)
