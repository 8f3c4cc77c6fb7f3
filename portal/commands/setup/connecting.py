"""Connecting a mailbox: `portal connect`, by a link or by a code."""

import sys
import time
from dataclasses import replace

import click

from portal import config, db
from portal.commands import operator
from portal.commands.setup import given
from portal.commands.setup.proxy import Flow
from portal.errors import IssuerError, NotConnected
from portal.explanations import Told, tell, terminal
from portal.explanations.own.consent import NOT_REGISTERED
from portal.workspace import accounts, connections
from portal.workspace.accounts import places
from portal.workspace.consent import changes
from portal.workspace.consent import connect as connecting
from portal.workspace.consent.changes import Change, Outcome, Stage
from portal.workspace.consent.connect import device as device_code
from portal.workspace.consent.proposals import Proposal
from portal.workspace.consent.trips import ConsentFailed
from portal.workspace.registration import issuers

LOOK_SECONDS = 0.3
UNCHANGED = "Nothing has changed: mail keeps leaving as before, and what waits is kept."
ENDINGS = {
    Outcome.REPLACED: "a newer one replaced it",
    Outcome.DISCARDED: "an admin discarded the change",
    Outcome.RESET: "the account was Reset",
}


@click.command()
@click.argument("account", required=False)
@click.option(
    "--from",
    "sender",
    metavar="ADDRESS",
    type=given.MAILBOX,
    help="Address to send from; else as before, or at first whoever signs in.",
)
@click.option("--device", is_flag=True, help="By a code, typed in on another device.")
@click.option(
    "--oauth2-flow",
    "--flow",
    "flow",
    type=given.Trimmed(
        click.Choice([Flow.AUTHORIZATION_CODE.value, Flow.DEVICE.value])
    ),
    help="device is as --device.",
)
def connect(
    *, account: str | None, sender: str | None, device: bool, flow: str | None
) -> None:
    """Connect a mailbox by a link or a code.

    Prints it, and waits until it has served. The mailbox's user, or somebody who may
    send as it, opens the link and signs in. A code is typed in at Microsoft's own page,
    in a browser on any device: this machine needs none.
    """
    operator.enter()
    by_code = device or flow == Flow.DEVICE
    with db.session() as session:
        wanted = accounts.find(session, account)
        if by_code:
            device_code.check(wanted)
        if issuers.of(session, wanted.id) is None:
            raise NOT_REGISTERED.as_a(NotConnected)
        change = changes.invite(session, wanted.id, sender, operator.NAME)
    if by_code:
        _by_code(change)
        return
    click.echo("Please visit the following URL to authenticate account")
    click.echo(f"{config.current().base_url}/connect/{change.link}")
    sys.exit(_wait(change))


def _by_code(change: Change) -> None:
    """Connect by a code; whatever does not end well leaves nothing pending."""
    try:
        visit = device_code.depart(change)
        click.echo(f"Please open {visit.code.address} in a browser, on any device,")
        click.echo(f"and enter the code {visit.code.user_code}")
        change = device_code.arrive(visit, time.sleep)
        if change.proposal is not None:
            change = _confirmed(change, change.proposal)
    except (ConsentFailed, IssuerError) as error:
        click.echo(_explained(change, tell(str(error), error.cause)), err=True)
        sys.exit(1)
    finally:
        _tidy(change)
    _tell_connection(change)


def _confirmed(change: Change, proposal: Proposal) -> Change:
    """Have it confirmed at this terminal that another account is the right one."""
    needs = f"sending as {change.sender} needs Send As"
    if change.submits:
        needs = f"submitting with the mailbox {change.sender} needs Full Access to it"
    click.confirm(
        f"Expected {change.sender}, signed in as {proposal.called}; {needs}. Use this"
        " account?",
        abort=True,
        err=True,
    )
    return connecting.confirm(change.id, proposal.mark, operator.NAME)


def _tidy(change: Change) -> None:
    with db.session() as session:
        change = changes.find(session, change.id)
        if change.stage != Stage.WAITING:
            changes.discard(session, change.id, operator.NAME)
    if change.stage == Stage.WAITING:
        click.echo(_to_approve(change), err=True)


def _wait(change: Change) -> int:
    told = ""
    while not change.ended:
        if (news := _news(change)) not in ("", told):
            click.echo(news, err=True)
            click.echo("The link still serves; Ctrl-C ends the waiting.", err=True)
            told = news
        time.sleep(LOOK_SECONDS)
        with db.reading() as session:
            change = changes.find(session, change.id)
    if change.stage != Stage.APPLIED:
        why = ENDINGS.get(change.outcome) if change.outcome else None
        click.echo(f"This link has ended: {why or '7 days have passed'}.")
        return 1
    _tell_connection(change)
    return 0


def _news(change: Change) -> str:
    """Tell what somebody has to do before this goes on; "" if nothing is wrong."""
    if change.stage == Stage.PROPOSED and change.proposal:
        return (
            f"Expected {change.sender}, signed in as {change.proposal.called}. To send"
            " by that account, press Use this account on the page."
        )
    news = _explained(change, change.told) if change.trouble else ""
    return f"{news}\n{_to_approve(change)}" if change.stage == Stage.WAITING else news


def _explained(change: Change, told: Told) -> str:
    """Tell as the page of the trip does why it failed: no mail has met that."""
    with db.reading() as session:
        page = places.repair(session, accounts.by_id(session, change.account_id))
    lines = terminal.explained(replace(told.at(page), fate=""))
    return "\n".join([*lines, UNCHANGED])


def _to_approve(change: Change) -> str:
    link = f"{config.current().base_url}/approve/{change.approval_link}"
    return f"To approve, an admin of the organization opens {link}"


def _tell_connection(change: Change) -> None:
    with db.reading() as session:
        connection = connections.find(session, change.account_id)
        sender = accounts.by_id(session, change.account_id).sender
    if connection:
        click.echo(f"Connected as {connection.called}; mail leaves as {sender}.")
