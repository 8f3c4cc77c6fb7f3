"""What a verification has found, as programs read it at every door."""

from typing import Any

from sqlalchemy.orm import Session

from portal.workspace import accounts
from portal.workspace.accounts import places
from portal.workspace.verification import Step, Verification


def told(session: Session, found: Verification) -> dict[str, Any]:
    """Tell all of it."""
    page = places.repair(session, accounts.by_id(session, found.account_id))
    return {
        "well": found.well,
        "at": found.at.isoformat(timespec="seconds"),
        "by": found.by,
        "steps": [_step(each, page) for each in found.steps],
        "test_mail": str(found.message_id) if found.message_id else None,
    }


def _step(step: Step, page: str) -> dict[str, Any]:
    return {
        "name": step.name,
        "outcome": step.outcome,
        "said": step.said,
        "hint": step.hint,
        "behind": step.behind,
        "cause": step.cause,
        "command": step.command,
        "explanation": step.told.at(page).plain,
        "answer": step.answer.plain or None,
    }
