"""Endings: what ends by itself soon is told at each step, as one trouble that grows.

The certificate of an SMTP door is its machine's own: others that share the database see
another or none. So it is told apart from theirs, and named by the day on which it ends;
machines that show the same one tell it once.
"""

from collections.abc import Iterator

from portal.db import Session
from portal.workspace import expiry
from portal.workspace.expiry import STEPS
from portal.workspace.expiry import Kind as What
from portal.workspace.incidents import Condition, Kind


def near(session: Session) -> Iterator[Condition]:
    """Find out what ends within 60 days, or has ended."""
    for ending in expiry.warnings(session):
        apart = ending.kind == What.DOOR
        named = ending.account_id or ending.subject
        day = f" {ending.ends_at:%Y-%m-%d}" if apart and ending.ends_at else ""
        yield Condition(
            kind=Kind.EXPIRY,
            subject=f"{ending.kind} {named}{day}",
            title=ending.sentence,
            why=ending.then,
            steps=(ending.remedy,),
            who=ending.who,
            link=ending.link or "/",
            urgency=STEPS.index(ending.step) if ending.step is not None else 0,
            apart=apart,
        )
