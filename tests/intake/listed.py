"""Messages that a key has brought, to be listed."""

from flask.testing import FlaskClient

from portal.mail.journal import Event
from portal.mail.outbox import State
from tests.intake.posted import MAIL, MESSAGES
from tests.mail import backlog


def bring(door: FlaskClient, count: int = 1) -> list[str]:
    """Bring messages; return their ids, the newest first."""
    made = [door.post(MESSAGES, json=MAIL).get_json()["id"] for _ in range(count)]
    return made[::-1]


def end(state: State) -> None:
    """Let the oldest message that waits end in a state."""
    [claim] = backlog.take(1)
    backlog.settle(claim, state, Event(state.value))
