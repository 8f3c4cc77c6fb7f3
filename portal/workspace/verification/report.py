"""What a verification has found, as programs read it at every door."""

from typing import Any

from portal.workspace.verification import Step, Verification


def told(found: Verification) -> dict[str, Any]:
    """Tell all of it."""
    return {
        "well": found.well,
        "at": found.at.isoformat(timespec="seconds"),
        "by": found.by,
        "steps": [_step(each) for each in found.steps],
        "test_mail": str(found.message_id) if found.message_id else None,
    }


def _step(step: Step) -> dict[str, Any]:
    row = step.explanation
    return {
        "name": step.name,
        "outcome": step.outcome,
        "said": step.said,
        "hint": step.hint,
        "behind": step.behind,
        "cause": step.cause,
        "title": row.title if row else None,
        "who": row.who if row else None,
        "place": row.place if row else None,
        "steps": list(row.steps) if row else [],
        "command": step.command,
    }
