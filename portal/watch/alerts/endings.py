"""Endings: what ends by itself soon is told at each step, as one trouble that grows.

The certificate of an SMTP door is its machine's own: others that share the database see
another or none. So the door looks after it, apart from a worker, and it is named by the
day on which it ends; machines that show the same one tell it once.
"""

from collections.abc import Iterator

from portal.db import Session
from portal.workspace import expiry
from portal.workspace.expiry import STEPS, Ending
from portal.workspace.expiry import Kind as What
from portal.workspace.incidents import Condition, Kind


def near(session: Session) -> Iterator[Condition]:
    """Find out what ends soon, or has ended, but for the door's certificate."""
    for ending in expiry.warnings(session):
        if ending.kind != What.DOOR:
            named = ending.account_id or ending.subject
            yield _condition(ending, f"{ending.kind} {named}")


def of_door() -> list[Condition]:
    """Find out whether the certificate of the door ends soon, or has ended."""
    ending = expiry.of_door()
    if ending is None or ending.step is None:
        return []
    subject = f"{ending.kind} {ending.subject} {ending.ends_at:%Y-%m-%d}"
    return [_condition(ending, subject, apart=True)]


def _condition(ending: Ending, subject: str, *, apart: bool = False) -> Condition:
    return Condition(
        kind=Kind.EXPIRY,
        subject=subject,
        title=ending.sentence,
        why=ending.then,
        steps=(ending.remedy,),
        who=ending.who,
        link=ending.link or "/",
        urgency=STEPS.index(ending.step) if ending.step is not None else 0,
        apart=apart,
    )
