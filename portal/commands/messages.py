"""Messages that need somebody: listed, and decided about, at the command line."""

import json
import sys
from collections.abc import Callable
from typing import Any
from uuid import UUID

import click

from portal import db
from portal.commands import operator
from portal.errors import Refused
from portal.intake import desk
from portal.mail.outbox import State, decisions, records
from portal.mail.outbox.records import Record
from portal.workspace import accounts

PAGE = 100  # messages
UNSETTLED = (State.HELD, State.UNCONFIRMED)
Decision = Callable[[db.Session, UUID, str], None]

these = click.argument("ids", metavar="ID...", nargs=-1, required=True, type=click.UUID)


@click.group()
def messages() -> None:
    """List the messages that need somebody, and decide about any."""


@messages.command()
@these
def retry(ids: tuple[UUID, ...]) -> None:
    """Send these very messages now: queued, held or failed ones."""
    _each(ids, lambda message_id: _decided(message_id, decisions.retry))


@messages.command()
@these
def resend(ids: tuple[UUID, ...]) -> None:
    """Send each again as a new message, linked to the old one.

    For what is over: sent, failed, cancelled, or unconfirmed.
    """
    _each(ids, _resent)


@messages.command()
@these
def arrived(ids: tuple[UUID, ...]) -> None:
    """Say that these unconfirmed messages were sent after all."""
    _each(ids, lambda message_id: _decided(message_id, decisions.arrived))


@messages.command()
@these
def cancel(ids: tuple[UUID, ...]) -> None:
    """Never send these messages: queued or held ones."""
    _each(ids, lambda message_id: _decided(message_id, decisions.cancel))


@messages.command("list")
@click.option(
    "--status",
    "state",
    type=click.Choice([state.value for state in UNSETTLED]),
    help="Only these.",
)
@click.option("--before", type=click.UUID, metavar="ID", help="Only older ones.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(*, state: str | None, before: UUID | None, as_json: bool) -> None:
    """List what is held or unconfirmed, the newest first.

    What merely waits behind a held account is not listed: see portal status.
    """
    operator.enter()
    states = [State(state)] if state else UNSETTLED
    with db.reading() as session:
        found = records.unsettled(session, states, PAGE, before)
        names = {each.id: each.name for each in accounts.every(session)}
    for record in found:
        shown = _shown(record, names[record.account_id])
        click.echo(json.dumps(shown) if as_json else _line(record))
    if len(found) == PAGE:
        older = f"portal messages list --before {found[-1].id}"
        click.echo(f"There may be older ones: {older}", err=True)


def _each(ids: tuple[UUID, ...], decide: Callable[[UUID], str]) -> None:
    """Decide about one after the other, tell of each, and exit."""
    operator.enter()
    refused = False
    for message_id in dict.fromkeys(ids):
        try:
            click.echo(f"{message_id} {decide(message_id)}")
        except Refused as error:
            click.echo(f"portal: {message_id}: {error}", err=True)
            refused = True
    sys.exit(1 if refused else 0)


def _decided(message_id: UUID, decision: Decision) -> str:
    with db.session() as session:
        decision(session, message_id, operator.NAME)
        record = records.find(session, message_id)
    return f"{record.state}: {record.reason}" if record.behind else record.state


def _resent(message_id: UUID) -> str:
    receipt = desk.again(message_id, desk.caller(operator.NAME, None))
    return f"resent as {receipt.id}"


def _line(record: Record) -> str:
    at = record.accepted_at.isoformat(timespec="seconds")
    to = record.to[0] if record.to else "–"
    said = (at, f"{record.state:<11}", str(record.id), to, record.subject)
    line = "  ".join((*said, record.reason))
    # A subject may hold what a terminal would obey.
    return "".join(
        each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in line
    )


def _shown(record: Record, account: str) -> dict[str, Any]:
    return {
        "id": str(record.id),
        "status": record.state,
        "reason": record.reason,
        "account": account,
        "from": record.sender or None,
        "to": list(record.to),
        "subject": record.subject,
        "message_id": record.internet_message_id,
        "attempts": record.attempts,
        "accepted_at": record.accepted_at.isoformat(),
    }
