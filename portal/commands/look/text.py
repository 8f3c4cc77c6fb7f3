"""How the portal stands, as `portal status` tells it to people."""

from dataclasses import dataclass
from typing import Any

from portal.commands.look import expiring, verified
from portal.explanations import Told, terminal
from portal.explanations.terminal import LABEL
from portal.mail.lanes import budgets
from portal.workspace import senders
from portal.workspace.accounts import Permission
from portal.workspace.incidents import Condition
from portal.workspace.verification import Verification

HOW = {
    "held": "portal messages list tells why; then portal messages retry ID",
    "unconfirmed": (
        "look into Sent Items; then portal messages arrived ID"
        " or portal messages resend ID"
    ),
}
ITSELF = "the application itself; no user signs in"
HOW_OLD = "portal messages retry ID sends one, portal messages cancel ID discards it"
HOW_RESTORED = "of a restored backup, may have been sent since"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """How the portal stands, and what explains it."""

    report: dict[str, Any]  # as programs are told it
    whys: dict[str, Told | None]  # by account: why somebody must act
    proofs: dict[str, Verification]  # likewise, where that was asked for
    pages: dict[str, str]  # likewise: where it is put right
    incidents: list[Condition]


def of(seen: Seen) -> str:
    """Tell all of it, a fact a line."""
    found = seen.report
    application = found["application"] or "none (see: portal register)"
    blocks = [f"{'Application':<{LABEL}}{application}"]
    blocks += [
        f"{'Expires':<{LABEL}}{expiring.as_text(each)}" for each in found["expires"]
    ]
    for each in found["accounts"]:
        blocks += _account(each, seen.whys[each["account"]])
        if proof := seen.proofs.get(each["account"]):
            blocks.append(verified.as_text(proof, seen.pages[each["account"]]))
    for state in ("held", "unconfirmed"):
        if count := found[state]:
            blocks.append(f"{state.capitalize():<{LABEL}}{count}  {HOW[state]}")
    above = {each["sentence"] for each in found["expiring"]}
    for condition in seen.incidents:
        if condition.title not in above:
            told = _told(condition)
            blocks += terminal.explained(told, first=f"{'Incident':<{LABEL}}")
    return "\n".join(blocks)


def _account(each: dict[str, Any], why: Told | None) -> list[str]:
    stands = {
        "Account": f"{each['account']} ({each['state']})",
        "From": senders.told(each["senders"]) or "–",
        "Sends by" if each["server"] else "Connected as": _by(each),
        "Since": each["since"] or "–",
        "Checked": each["checked_at"] or "",
        "Waiting": each["waiting"],
        "Oldest due": each["oldest_due_at"] or "",
        "Through": f"about {each['through_at']}" if each["through_at"] else "",
    }
    sets = {
        "Overdue": _counted(each["overdue"], HOW_OLD),
        "Restored": _counted(each["restored"], HOW_RESTORED),
        "When unsure": each["when_unsure"],
        "Spent": _spent(each["budgets"] or {}),
    }
    reason = terminal.explained(why, first=f"{'Reason':<{LABEL}}") if why else []
    return [*_lines(stands), *reason, *_lines(sets)]


def _lines(facts: dict[str, Any]) -> list[str]:
    return [f"{name:<{LABEL}}{text}" for name, text in facts.items() if text != ""]


def _told(condition: Condition) -> Told:
    return Told(
        title=condition.title.removesuffix("."),
        why=condition.why,
        steps=condition.steps,
        who=condition.who,
    )


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
    return f"\n{'':<{LABEL}}".join(_of(name, **each) for name, each in found.items())


def _of(name: str, spent: int, limit: int | None, window_seconds: int) -> str:
    unit = 1_000_000 if name == budgets.BYTES.name else 1
    what = "MB" if unit > 1 else name
    most = f" of {limit / unit:,.0f}" if limit else ""
    minutes = window_seconds // 60
    window = f"{minutes // 60} h" if minutes > 60 else f"{minutes} min"
    return f"{spent / unit:,.0f}{most} {what} in {window}"
