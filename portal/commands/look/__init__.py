"""Looking in: `portal status`."""

import json
import sys
from typing import Any

import click

from portal import db
from portal.commands import operator
from portal.commands.look import expiring, verified
from portal.mail import lanes
from portal.mail.lanes import budgets
from portal.mail.outbox import State, overdue, records
from portal.workspace import accounts, registration, senders
from portal.workspace import standing as stands
from portal.workspace.accounts import Account, Permission, servers
from portal.workspace.standing import Outline, report
from portal.workspace.verification import Verification
from portal.workspace.verification.report import told as report_of

HOW = {
    "held": "portal messages list tells why; then portal messages retry ID",
    "unconfirmed": (
        "look into Sent Items; then portal messages arrived ID"
        " or portal messages resend ID"
    ),
}
ITSELF = "the application itself; no user signs in"
HOW_OLD = "send them on or discard them on the settings page"
HOW_RESTORED = "of a restored backup, may have been sent since"


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
        found = _found(session)
        stuck = records.stuck(session)
    states = found["accounts"]
    for state in states:
        if proof := proofs.get(state["account"]):
            state["verification"] = report_of(proof)
    click.echo(json.dumps(found, indent=2) if as_json else _readable(found, proofs))
    sends = any(each["state"] == "connected" for each in states)
    well = all(_well(each, instead=sends) for each in states)
    proven = all(each.well for each in proofs.values())
    sys.exit(0 if well and proven and not stuck else 1)


def _found(session: db.Session) -> dict[str, Any]:
    known = registration.current(session)
    states = [standing(session, each) for each in accounts.every(session)]
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
        "incidents": report.troubles(session),
        "worker_seen_at": report.worker_seen_at(session),
    }


def _used(session: db.Session) -> list[Account]:
    """Return the accounts that are in use; the default one may stay unconnected."""
    every = accounts.every(session)
    outlines = {each.name: stands.outline(session, each)[0] for each in every}
    used = [each for each in every if outlines[each.name] != Outline.NOT_CONNECTED]
    return used or every


def _well(account: dict[str, Any], *, instead: bool) -> bool:
    """Tell whether nobody has to act; the default may stay unused beside another."""
    unused = account["state"] == "not connected" and not account["waiting"]
    return account["state"] == "connected" or (unused and instead)


def standing(session: db.Session, account: Account) -> dict[str, Any]:
    """Tell how an account stands, for people and for programs."""
    held = lanes.holding(session, account.id)
    state, reason = stands.outline(session, account)
    told = stands.trouble(session, account)
    return {
        "account": account.name,
        "permission": _permission(account),
        "state": state,
        "from": account.sender,
        "senders": list(account.senders or filter(None, [account.sender])),
        **report.account(session, account),
        "when_unsure": account.when_unsure,
        "envelope": account.envelope,
        "reason": reason,
        "explanation": told.plain if told else None,
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
        "default": account.is_default,
    }


def _permission(account: Account) -> Permission:
    by_application = account.by_application
    return Permission.APPLICATION if by_application else Permission.DELEGATED


def _readable(found: dict[str, Any], proofs: dict[str, Verification]) -> str:
    application = found["application"] or "none (see: portal register)"
    blocks = [f"Application   {application}"]
    blocks += [f"{'Expires':<14}{expiring.readable(each)}" for each in found["expires"]]
    for each in found["accounts"]:
        lines = {
            "Account": f"{each['account']} ({each['state']})",
            "From": senders.told(each["senders"]) or "–",
            "Sends by" if each["server"] else "Connected as": _by(each),
            "Since": each["since"] or "–",
            "Checked": each["checked_at"] or "",
            "Waiting": each["waiting"],
            "Oldest due": each["oldest_due_at"] or "",
            "Through": f"about {each['through_at']}" if each["through_at"] else "",
            "Reason": each["reason"],
            "Command": each["command"],
            "Overdue": _counted(each["overdue"], HOW_OLD),
            "Restored": _counted(each["restored"], HOW_RESTORED),
            "When unsure": each["when_unsure"],
            "Spent": _spent(each["budgets"] or {}),
        }
        blocks += [f"{name:<14}{text}" for name, text in lines.items() if text != ""]
        if proof := proofs.get(each["account"]):
            blocks.append(verified.readable(proof))
    for state in ("held", "unconfirmed"):
        if count := found[state]:
            blocks.append(f"{state.capitalize():<14}{count}  {HOW[state]}")
    blocks += [
        f"{'Expires':<14}{each['sentence']} {each['remedy']}"
        for each in found["expiring"]
    ]
    blocks += [
        " ".join((f"{'Incident':<14}{each['title']}", each["why"], *each["steps"]))
        for each in found["incidents"]
    ]
    return "\n".join(blocks)


def _by(each: dict[str, Any]) -> str:
    """Tell by what an account sends, by whose sign-in, and if that is proven."""
    who = ITSELF if each["permission"] == Permission.APPLICATION else "–"
    who = each["server"] or each["connected_as"] or who
    if each["server"] and each["connected_as"]:
        who = f"{who} with the sign-in of {each['connected_as']}"
    proven = each["proven"] or not each["since"]
    return who if proven else f"{who}, not yet proven"


def _counted(count: int, how: str) -> str:
    return f"{count}  {how}" if count else ""


def _spent(found: dict[str, dict[str, Any]]) -> str:
    return f"\n{'':<14}".join(_of(name, **each) for name, each in found.items())


def _of(name: str, spent: int, limit: int | None, window_seconds: int) -> str:
    unit = 1_000_000 if name == budgets.BYTES.name else 1
    what = "MB" if unit > 1 else name
    most = f" of {limit / unit:,.0f}" if limit else ""
    minutes = window_seconds // 60
    window = f"{minutes // 60} h" if minutes > 60 else f"{minutes} min"
    return f"{spent / unit:,.0f}{most} {what} in {window}"
