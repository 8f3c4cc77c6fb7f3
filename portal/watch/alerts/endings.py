"""Endings: what ends by itself soon is told at each step, as one trouble that grows.

The certificate of an SMTP door is its machine's own. Where others share the database
they would take it for over, so it is told of where the database is this machine's.
"""

from collections.abc import Iterator

from portal import db
from portal.db import Session
from portal.workspace import expiry
from portal.workspace.expiry import STEPS, Ending
from portal.workspace.expiry import Kind as What
from portal.workspace.incidents import Condition, Kind


def near(session: Session) -> Iterator[Condition]:
    """Find out what ends within 60 days, or has ended."""
    for ending in expiry.warnings(session):
        if ending.kind != What.DOOR or db.local():
            yield _condition(ending)


def _condition(ending: Ending) -> Condition:
    return Condition(
        kind=Kind.EXPIRY,
        subject=f"{ending.kind} {ending.account_id or ending.subject}",
        title=ending.sentence,
        why=ending.then,
        steps=(ending.remedy,),
        who=ending.who,
        link=ending.link or "/",
        urgency=STEPS.index(ending.step) if ending.step is not None else 0,
    )
