"""A test mail at the command line: `portal test`."""

import json
import sys
import time
from typing import Any
from uuid import UUID

import click

from portal import clock, db
from portal.commands import operator
from portal.errors import NotConnected
from portal.explanations import terminal
from portal.intake import test_mail
from portal.intake.test_mail import ONLY_RECIPIENT, Kind, Verdict
from portal.workspace import accounts, standing
from portal.workspace.standing import NOBODY_WORKS, PATIENCE, Outline

LOOK_SECONDS = 0.2
SUBJECT = "TEST MESSAGE!"
TEXT = "ATTENTION: THIS IS A TEST MESSAGE!"


@click.command()
@click.argument("address")
@click.option("--account", metavar="NAME", help="Mail account; else the default one.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def test(*, address: str, account: str | None, as_json: bool) -> None:
    """Send a test mail, and explain what became of it.

    Exit code 0: Microsoft or the SMTP server accepted it; 1: not, or nobody knows,
    and why.
    """
    operator.enter()
    with db.reading() as session:
        chosen = accounts.find(session, account)
        outline = standing.brief(session, chosen).outline
    if outline == Outline.NOT_CONNECTED:
        raise NotConnected(
            f"The account {chosen.name} is not connected, so there is nothing to send"
            " it from. See: portal connect"
        )
    message_id = test_mail.send(address, SUBJECT, TEXT, operator.NAME, chosen.name)
    verdict = awaited(message_id)
    if as_json:
        click.echo(json.dumps(_plain(verdict)))
    else:
        _tell(verdict)
    sys.exit(0 if verdict.kind == Kind.SENT else 1)


def awaited(message_id: UUID) -> Verdict:
    """Wait for a verdict; a test mail ends by itself after ten minutes."""
    warned = clock.seconds() + PATIENCE.total_seconds()
    while True:
        with db.reading() as session:
            verdict = test_mail.judge(session, test_mail.find(session, message_id))
        if verdict.kind != Kind.WAITING:
            return verdict
        if clock.seconds() > warned:
            click.echo(verdict.reason or NOBODY_WORKS, err=True)
            warned = float("inf")
        time.sleep(LOOK_SECONDS)


def _tell(verdict: Verdict) -> None:
    click.echo(f"{verdict.id} {verdict.state}")
    if verdict.kind == Kind.SENT:
        after = f" after {verdict.took}" if verdict.took else ""
        by = f", with the sign-in of {verdict.username}" if verdict.username else ""
        click.echo(f"Accepted{after}: from {verdict.sender} to {verdict.to}{by}.")
        click.echo(ONLY_RECIPIENT)
        return
    click.echo("\n".join(terminal.explained(verdict.told)), err=True)
    said = (verdict.status, verdict.code, verdict.text, verdict.request_id)
    if any(said):
        click.echo(f"The other side said: {' '.join(filter(None, said))}", err=True)


def _plain(verdict: Verdict) -> dict[str, Any]:
    return {
        "id": str(verdict.id),
        "status": verdict.state,
        "to": verdict.to,
        "from": verdict.sender,
        "connected_as": verdict.username or None,
        "message_id": verdict.internet_message_id,
        "reason": verdict.reason,
        "explanation": verdict.told.plain,
        "answer": verdict.answer.plain or None,
    }
