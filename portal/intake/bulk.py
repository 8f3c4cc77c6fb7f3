"""In bulk: one decision about many messages, a bounded step at a time.

Each message is decided about in a transaction of its own, and refused where one alone
would be. So a step that broke off is simply taken again: what was decided stays so.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from portal import db
from portal.accept import Caller
from portal.errors import Refused
from portal.intake import desk
from portal.mail.outbox import decisions
from portal.mail.outbox.records.search import Found
from portal.workspace import audit

STEP = 100  # messages at most
PATIENCE = timedelta(seconds=2)  # then a step ends, however few it came to


class Act(StrEnum):
    """What is decided; the words of addresses, and of the audit."""

    RETRY = "retry"
    CANCEL = "cancellation"
    RESEND = "resend"
    ARRIVE = "arrival"


SIMPLE = {
    Act.RETRY: decisions.retry,
    Act.CANCEL: decisions.cancel,
    Act.ARRIVE: decisions.arrived,
}
NOTED = {
    Act.RETRY: "sent messages on",
    Act.CANCEL: "cancelled messages",
    Act.RESEND: "sent messages again",
    Act.ARRIVE: "said that messages arrived",
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a step came to."""

    done: int
    refused: Mapping[str, int]  # how many, by the sentence that says why
    left: tuple[UUID, ...]  # there was no time for these


def decide(act: Act, messages: Sequence[UUID], caller: Caller, which: str) -> Step:
    """Decide about messages, one after the other, for as long as there is time.

    `which` is what the audit says of what was chosen.
    """
    until = time.monotonic() + PATIENCE.total_seconds()
    done, refused = 0, Counter[str]()
    left = list(messages)
    while left and (len(left) == len(messages) or time.monotonic() < until):
        try:
            _decide(act, left.pop(0), caller)
        except Refused as error:
            refused[str(error)] += 1
        else:
            done += 1
    if done:
        with db.session() as session:
            actor = f"key {caller.name}" if caller.key_id else caller.name
            audit.note(session, actor, NOTED[act], f"{done}: {which}")
    return Step(done=done, refused=refused, left=tuple(left))


def goes_on(found: Found, step: Step) -> UUID | None:
    """Return before which message the next step looks; None if there is none."""
    if step.left:
        return found.records[-len(step.left) - 1].id
    return found.older


def _decide(act: Act, message_id: UUID, caller: Caller) -> None:
    if act == Act.RESEND:
        desk.again(message_id, caller)
    else:
        with db.session() as session:
            SIMPLE[act](session, message_id, caller.name)
