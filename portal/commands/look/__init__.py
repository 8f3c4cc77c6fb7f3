"""Looking in: `portal status`."""

import json
import sys
from typing import Any

import click

from portal import db
from portal.commands import operator
from portal.commands.look import expiring, text, verified
from portal.commands.look.text import Seen
from portal.mail import lanes
from portal.mail.outbox import State, overdue, records
from portal.workspace import accounts, incidents, registration
from portal.workspace import standing as stands
from portal.workspace.accounts import Account, Permission, places, servers
from portal.workspace.incidents import Incident
from portal.workspace.standing import Brief, Outline, report
from portal.workspace.verification import Verification
from portal.workspace.verification.report import told as report_of


@click.command()
@click.option("--verify", is_flag=True, help="Verify each setup, step by step.")
@click.option("--test-mail", metavar="ADDRESS", help="And send one if nothing fails.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(*, verify: bool, test_mail: str | None, as_json: bool) -> None:
    """Tell what is connected, as whom, since when, and what waits."""
    if test_mail and not verify:
        raise click.UsageError("--test-mail goes with --verify.")
    operator.enter()
    with db.reading() as session:
        used = _used(session) if verify else []
    # What is found out may end what is told below.
    proofs = {each.name: verified.run(each, test_mail) for each in used}
    with db.reading() as session:
        seen = _seen(session, proofs)
        stuck = records.stuck(session)
    click.echo(json.dumps(seen.report, indent=2) if as_json else text.of(seen))
    states = seen.report["accounts"]
    sends = any(each["state"] == Outline.CONNECTED for each in states)
    well = all(_well(each, instead=sends) for each in states)
    proven = all(each.well for each in proofs.values())
    sys.exit(0 if well and proven and not stuck else 1)


def _seen(session: db.Session, proofs: dict[str, Verification]) -> Seen:
    every = accounts.every(session)
    briefs = {each.name: stands.brief(session, each) for each in every}
    states = [standing(session, each, briefs[each.name]) for each in every]
    for state in states:
        if proof := proofs.get(state["account"]):
            state["verification"] = report_of(session, proof)
    troubles = incidents.going_on(session)
    return Seen(
        report=_report(session, states, troubles),
        whys={
            each.name: report.told(session, each, briefs[each.name]) for each in every
        },
        incidents=[each.condition for each in troubles],
        proofs=proofs,
        pages={each.name: places.repair(session, each) for each in every},
    )


def _report(
    session: db.Session, states: list[dict[str, Any]], troubles: list[Incident]
) -> dict[str, Any]:
    known = registration.current(session)
    stuck = records.stuck(session)
    return {
        "application": known.client_id if known else None,
        "tenant": known.tenant if known else None,
        "expires": expiring.find(session),
        "accounts": states,
        # What waits for one word for all of it is told with its account.
        "held": stuck.get(State.HELD, 0) - sum(each["overdue"] for each in states),
        "unconfirmed": stuck.get(State.UNCONFIRMED, 0),
        "expiring": report.expiring(session),
        "incidents": report.troubles(troubles),
        "worker_seen_at": report.worker_seen_at(session),
    }


def _used(session: db.Session) -> list[Account]:
    """Return the accounts that are in use; the default one may stay unconnected."""
    every = accounts.every(session)
    outlines = {each.name: stands.brief(session, each).outline for each in every}
    used = [each for each in every if outlines[each.name] != Outline.NOT_CONNECTED]
    return used or every


def _well(account: dict[str, Any], *, instead: bool) -> bool:
    """Tell whether nobody has to act; the default may stay unused beside another."""
    unused = account["state"] == Outline.NOT_CONNECTED and not account["waiting"]
    return account["state"] == Outline.CONNECTED or (unused and instead)


def standing(session: db.Session, account: Account, brief: Brief) -> dict[str, Any]:
    """Tell how an account stands, for people and for programs."""
    held = lanes.holding(session, account.id)
    return {
        **report.account(session, account, brief),
        "permission": _permission(account),
        "when_unsure": account.when_unsure,
        "envelope": account.envelope,
        "command": held.command if held else "",
        "overdue": overdue.count(session, account.id),
        "restored": overdue.restored(session, account.id),
        **_way(session, account),
    }


def _way(session: db.Session, account: Account) -> dict[str, Any]:
    """Tell by what an account sends, and whether it does."""
    server = servers.of(session, account.id) if account.by_smtp else None
    other_id = account.fallback_id
    return {
        "transport": account.transport,
        "server": f"{server.host}:{server.port}" if server else None,
        "authentication": server.authentication if server else None,
        "fallback": accounts.by_id(session, other_id).name if other_id else None,
        "enabled": account.enabled,
    }


def _permission(account: Account) -> Permission:
    by_application = account.by_application
    return Permission.APPLICATION if by_application else Permission.DELEGATED
