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
from portal.intake import bulk, desk
from portal.intake.bulk import Act, Decision, Step
from portal.mail.outbox import State, decisions, records
from portal.mail.outbox.records import Record, search
from portal.mail.outbox.records.search import Search
from portal.workspace import accounts, cancellation
from portal.workspace.accounts import Account, places

PAGE = 100  # messages
UNSETTLED = (State.HELD, State.UNCONFIRMED)
Choice = Callable[[db.Session, UUID, str], None]

these = click.argument("ids", metavar="ID...", nargs=-1, type=click.UUID)
every = click.option(
    "--all",
    "state",
    metavar="STATUS",
    type=click.Choice([state.value for state in State]),
    help="All that are so, the newest first, instead of an ID.",
)


@click.group()
def messages() -> None:
    """List the messages that need somebody, and decide about any."""


@messages.command()
@these
@every
def retry(ids: tuple[UUID, ...], state: str | None) -> None:
    """Send these very messages now: queued, held or failed ones."""
    _either(
        Act.RETRY, ids, state, lambda message_id: _decided(message_id, decisions.retry)
    )


@messages.command()
@these
@every
def resend(ids: tuple[UUID, ...], state: str | None) -> None:
    """Send each again as a new message, linked to the old one.

    For what is over: sent, failed, cancelled, or unconfirmed.
    """
    _either(Act.RESEND, ids, state, _resent)


@messages.command()
@these
@every
def arrived(ids: tuple[UUID, ...], state: str | None) -> None:
    """Say that these unconfirmed messages were sent after all."""
    _either(
        Act.ARRIVE,
        ids,
        state,
        lambda message_id: _decided(message_id, decisions.arrived),
    )


@messages.command()
@these
@every
def cancel(ids: tuple[UUID, ...], state: str | None) -> None:
    """Never send these messages: queued or held ones."""
    _either(
        Act.CANCEL,
        ids,
        state,
        lambda message_id: _decided(message_id, cancellation.cancel),
    )


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
        every = {each.id: each for each in accounts.every(session)}
        pages = places.repairs(session, every.values())
    for record in found:
        account = every[record.account_id]
        shown = _shown(record, account, pages[account.id])
        click.echo(json.dumps(shown) if as_json else _line(record))
    if len(found) == PAGE:
        older = f"portal messages list --before {found[-1].id}"
        click.echo(f"There may be older ones: {older}", err=True)


def _either(
    act: Act,
    ids: tuple[UUID, ...],
    state: str | None,
    decide: Callable[[UUID], str],
) -> None:
    if (state is None) == (not ids):
        raise click.UsageError("Please give either IDs, or --all STATUS.")
    if state is None:
        _each(ids, decide)
    else:
        _all(act, State(state))


def _all(act: Act, state: State) -> None:
    """Decide about all that are so, a step at a time, and tell of each step."""
    operator.enter()
    caller = desk.caller(operator.NAME, None)
    decision = Decision(act=act, caller=caller, which=f"status {state}")
    refused = False
    # What is put from now on, a copy too, is none of them.
    before: UUID | None = db.new_id()
    while before:
        look = Search(state=state, before=before, limit=bulk.STEP)
        with db.reading() as session:
            known = [each.id for each in accounts.every(session)]
            found = search.find(session, look, known)
        step = bulk.decide(decision, [each.id for each in found.records])
        refused = refused or bool(step.refused)
        _tell(step)
        before = bulk.goes_on(found, step)
    sys.exit(1 if refused else 0)


def _tell(step: Step) -> None:
    click.echo(f"{step.done} done")
    for reason, count in step.refused.items():
        click.echo(f"portal: {count} refused: {reason}", err=True)


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


def _decided(message_id: UUID, choice: Choice) -> str:
    with db.session() as session:
        choice(session, message_id, operator.NAME)
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


def _shown(record: Record, account: Account, page: str) -> dict[str, Any]:
    return {
        "id": str(record.id),
        "status": record.state,
        "reason": record.reason,
        "explanation": record.told.at(page).plain,
        "account": account.name,
        "from": record.sender or None,
        "to": list(record.to),
        "subject": record.subject,
        "message_id": record.internet_message_id,
        "attempts": record.attempts,
        "accepted_at": record.accepted_at.isoformat(),
    }
