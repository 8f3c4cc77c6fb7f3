"""What a human decides, as these tests do."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy.orm import Session

from portal import db
from portal.mail.journal import Event
from portal.mail.outbox import (
    State,
    decisions,
)
from tests.mail import backlog

ANN = "ann@contoso.example"


def make(account: UUID, state: State) -> UUID:
    """Put a message and bring it into a state."""
    message = backlog.put(account)
    if state == State.CANCELLED:
        decide(decisions.cancel, message)
    elif state != State.QUEUED:
        [claim] = backlog.take()
        if state != State.SENDING:
            backlog.settle(claim, state, Event(state.value))
    return message


def decide(decision: Callable[[Session, UUID, str], None], message: UUID) -> None:
    with db.session() as session:
        decision(session, message, ANN)
