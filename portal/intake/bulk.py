"""In bulk: one decision about many messages, a bounded step at a time.

Each message is decided about in a transaction of its own, and refused where one alone
would be. So a step that broke off is simply taken again: what was decided stays so, and
is counted once by the one entry that all steps of a decision have in the audit.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from portal import clock, db
from portal.accept import Caller
from portal.errors import Refused
from portal.intake import desk
from portal.mail.outbox import decisions
from portal.mail.outbox.records.search import Found
from portal.workspace import audit, cancellation

STEP = 100  # messages at most
PATIENCE = timedelta(seconds=2)  # then a step ends, however few it came to


class Act(StrEnum):
    """What is decided; the words of addresses, and of the audit."""

    RETRY = "retry"
    CANCEL = "cancellation"
    RESEND = "resend"
    ARRIVE = "arrival"


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


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What somebody decides about many messages, however many steps that takes."""

    act: Act
    caller: Caller
    which: str  # as the audit says what was chosen
    id: UUID = field(default_factory=db.new_id)

    def count(self, session: db.Session) -> None:
        """Write down that one more message was decided about."""
        caller = self.caller
        decision = audit.Decision(
            id=self.id,
            actor=f"key {caller.name}" if caller.key_id else caller.name,
            action=NOTED[self.act],
            subject=self.which,
        )
        audit.count(session, decision)


def decide(decision: Decision, messages: Sequence[UUID]) -> Step:
    """Decide about messages, one after the other, for as long as there is time."""
    until = clock.seconds() + PATIENCE.total_seconds()
    done, refused = 0, Counter[str]()
    left = list(messages)
    while left and (len(left) == len(messages) or clock.seconds() < until):
        try:
            _decide(decision, left.pop(0))
        except Refused as error:
            refused[str(error)] += 1
        else:
            done += 1
    return Step(done=done, refused=refused, left=tuple(left))


def goes_on(found: Found, step: Step) -> UUID | None:
    """Return before which message the next step looks; None if there is none."""
    if step.left:
        return found.records[-len(step.left) - 1].id
    return found.older


def _decide(decision: Decision, message_id: UUID) -> None:
    if decision.act == Act.RESEND:
        desk.again(message_id, decision.caller, decision.count)
    else:
        with db.session() as session:
            _change(session, decision, message_id)
            decision.count(session)


def _change(session: db.Session, decision: Decision, message_id: UUID) -> None:
    by = decision.caller.name
    if decision.act == Act.RETRY:
        decisions.retry(session, message_id, by, decision.id)
    elif decision.act == Act.CANCEL:
        cancellation.cancel(session, message_id, by)
    else:
        decisions.arrived(session, message_id, by)
