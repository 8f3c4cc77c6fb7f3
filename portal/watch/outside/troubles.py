"""What may be wrong with database and key, in sentences for whoever runs the portal."""

import socket
from dataclasses import dataclass
from datetime import timedelta

from portal.explanations import Who
from portal.explanations.own import doors
from portal.watch.outside.record import Notice, Record
from portal.workspace.incidents import Condition, Kind
from portal.workspace.incidents.alerts import Event


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One of them; `machine` is filled in."""

    title: str
    why: str
    steps: tuple[str, ...]
    cause: str
    patience: timedelta = timedelta(0)  # before somebody is told


TROUBLES = {
    Kind.CANNOT_DECRYPT: Trouble(
        title="Mail Portal on {machine} can't decrypt.",
        why=(
            "Its key cannot be read, or the database was sealed with another one."
            " Nothing was changed."
        ),
        steps=doors.CANNOT_DECRYPT.steps,
        cause=doors.CANNOT_DECRYPT.name,
    ),
    Kind.DATABASE_AWAY: Trouble(
        title="Mail Portal on {machine} does not reach its database.",
        why=(
            "For two minutes or more nothing could be taken or sent there."
            " What was accepted before goes on when it is back."
        ),
        steps=("Please see that the database runs, and that this machine reaches it.",),
        cause=doors.DATABASE_AWAY.name,
        patience=timedelta(minutes=2),
    ),
}


def event(kind: Kind, record: Record, notice: Notice) -> Event:
    """Say what a webhook is to be told."""
    trouble, machine = TROUBLES[kind], socket.gethostname()
    condition = Condition(
        kind=kind,
        subject=machine,
        title=trouble.title.format(machine=machine),
        why=trouble.why,
        steps=trouble.steps,
        who=Who.OPERATOR,
        cause=trouble.cause,
        link="/",
    )
    return Event(
        id=notice.id,
        stage=notice.stage,
        condition=condition,
        opened_at=record.opened_at,
        closed_at=notice.closed_at,
    )
