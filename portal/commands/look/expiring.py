"""What expires when, as `portal status` tells it."""

from typing import Any

from portal import clock
from portal.db import Session
from portal.workspace import expiry
from portal.workspace.expiry import Ending


def find(session: Session) -> list[dict[str, Any]]:
    """Tell it for people and for programs, the soonest first."""
    return [_told(each) for each in expiry.known(session)]


def as_text(found: dict[str, Any]) -> str:
    """Put one into a line, with what to do about it if that is due."""
    name = f"{found['kind']} of {found['subject']}"
    if found["ends_at"] is None:
        return f"{name}: not known. {found['remedy']}"
    left = "over" if found["days"] <= 0 else f"{found['days']} days left"
    line = f"{name}: {found['ends_at'][:10]}, {left}"
    return f"{line}. {found['remedy']}" if found["warns"] else line


def _told(ending: Ending) -> dict[str, Any]:
    return {
        "kind": ending.kind,
        "subject": ending.subject,
        "ends_at": clock.plain(ending.ends_at),
        "days": ending.days,
        "warns": ending.step is not None,
        "remedy": ending.remedy,
    }
